/** What a command line asks for, in capitals. */
export function verbOf(line: string): string {
  const end = line.indexOf(' ');
  return (end < 0 ? line : line.slice(0, end)).toUpperCase();
}

/** Who the client says it is in EHLO or HELO; undefined where that is nothing, or more than one word. */
export function hostOf(line: string): string | undefined {
  const [, host, ...rest] = line.trim().split(/\s+/);
  return host && rest.length === 0 && host.length <= 300 && !/[\0-\x1f\x7f]/.test(host) ? host : undefined;
}
