import { domainToASCII } from 'node:url';
import type { HeaderField } from './mime-header.js';

/**
 * The domain of the one author of a message, in lower case and as the DNS writes it (`xn--…`).
 * @returns undefined where From is missing, there twice, names several people, or is no address
 */
export function authorDomain(fields: readonly HeaderField[]): string | undefined {
  const from = fields.filter(({ key }) => key === 'from');
  if (from.length !== 1) return undefined;
  const plain = withoutQuotedAndComments(from[0]!.value);
  const angles = [...plain.matchAll(/<([^<>]*)>/g)].map(([, inside = '']) => inside);
  if (angles.length > 1) return undefined;
  const address = angles[0] ?? plain;
  // A name may hold an `@` outside the brackets (hr@corp <hr@corp.example>); the list's own marks may not.
  if (/[,;]/.test(plain) || address.split('@').length !== 2) return undefined;
  const domain = Buffer.from(address.slice(address.indexOf('@') + 1).trim(), 'latin1').toString('utf8');
  return domainToASCII(domain) || undefined;
}

/** RFC 5322 §3.2.2, §3.2.4: commas and signs inside quotes and comments mean nothing. */
function withoutQuotedAndComments(value: string): string {
  let plain = '';
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at]!;
    if (char === '\\' && (quoted || depth > 0)) at += 1;
    else if (char === '"' && depth === 0) quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') depth += 1;
    else if (char === ')' && depth > 0) depth -= 1;
    else if (depth === 0) plain += char;
  }
  return plain;
}
