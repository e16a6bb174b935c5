import { readFileSync } from 'node:fs';

/** The shell lines of a guide below a heading, as somebody would copy them; `…` marks what each has to fill in. */
export function shellUnder(file: string, heading: string): string {
  const text = readFileSync(file, 'utf8');
  const sections = text.split(/^(?=#{2,4} )/m);
  const section = sections.find((one) => one.replace(/^#+ /, '').startsWith(`${heading}\n`));
  if (!section) throw new Error(`${file} has no section "${heading}"`);
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  if (blocks.length === 0) throw new Error(`"${heading}" in ${file} has no shell lines`);
  return blocks.join('\n');
}
