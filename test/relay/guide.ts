import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/postfix.md', import.meta.url);

/** The fragments of a section: file name → what belongs into it. */
export type Fragments = Readonly<Record<string, string>>;

/** The sections of the Postfix page that hold snippets, by heading. */
export function guide(): ReadonlyMap<string, Fragments> {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /m).slice(1);
  const read = sections.map((section) => {
    const fragments: Record<string, string> = {};
    for (const [, file, text] of section.matchAll(/^```(\S+)\n([\s\S]*?)^```$/gm)) fragments[file!] = text!;
    return [section.split('\n', 1)[0]!, fragments] as const;
  });
  return new Map(read.filter(([, fragments]) => Object.keys(fragments).length > 0));
}

export type Places = Readonly<{
  /** Ports of the listeners that the page calls `submission` and 10026. */
  listener?: number;
  back?: number;
  /** Port of the hook, by the name in its certificate (`localhost`) or by address. */
  hook?: number;
  /** Port of the server that mail falls back on. */
  fallback?: number;
  credential?: Readonly<{ username: string; password: string }>;
}>;

/** A section's fragments with this test's ports in place of the page's. @throws for a heading that is not there */
export function fragmentsOf(heading: string, places: Places): Fragments {
  const fragments = guide().get(heading);
  if (!fragments) throw new Error(`docs/postfix.md has no snippets under "${heading}"`);
  const { listener, back, hook, fallback, credential } = places;
  const put = (text: string) =>
    text
      .replaceAll('/etc/postfix/', 'FOLDER/')
      .replace(/^submission inet/m, `127.0.0.1:${listener} inet`)
      .replaceAll('127.0.0.1:10026', `127.0.0.1:${back}`)
      .replaceAll('[relay.example.jp]:2525', `[localhost]:${hook}`)
      .replaceAll('127.0.0.1:2525', `127.0.0.1:${hook}`)
      .replaceAll('[smarthost.example.jp]:25', `[127.0.0.1]:${fallback}`)
      .replace('USERNAME:PASSWORD', `${credential?.username}:${credential?.password}`);
  return Object.fromEntries(Object.entries(fragments).map(([file, text]) => [file, put(text)]));
}

/** A section's files besides main.cf and master.cf. */
export function tablesOf({ 'main.cf': _main, 'master.cf': _master, ...tables }: Fragments): Fragments {
  return tables;
}
