import mjml2html from 'mjml';

/** Where lines may break, so that none of ours is longer. */
const LONGEST_LINE = 76;

/**
 * The block's HTML as MJML makes it: the table alone, of the whole mail around it, with lines that break inside tags only.
 * @throws Error where the template is faulty or has another shape than one table
 */
export async function compileBlock(source: string): Promise<string> {
  const { html, errors } = await mjml2html(source, { validationLevel: 'strict' });
  if (errors.length > 0) throw new Error(`block.mjml: ${errors[0]?.formattedMessage}`);
  const inside = html.indexOf('{{offer}}');
  const from = html.lastIndexOf('<table', inside);
  const to = html.indexOf('</table>', inside);
  if (inside < 0 || from < 0 || to < 0) throw new Error('block.mjml: {{offer}} stands in no table');
  return folded(html.slice(from, to + '</table>'.length));
}

function folded(html: string): string {
  // Spaces between tags would show in preformatted text.
  const flat = html
    .replace(/\s+/g, ' ')
    .replaceAll('> <', '><')
    .replaceAll(' />', '>')
    .replaceAll('" >', '">')
    .replaceAll(';"', '"');
  const pieces = flat.split(/(?<= )(?=[^<>]*>)|(?<=;)(?=[^<>"]*"[^<>]*>)|(?=>)/);
  const lines = [''];
  for (const piece of pieces) {
    const last = lines.at(-1)!;
    // What is filled in has a line to itself, with the end tags behind it.
    const filled = piece.startsWith('>{{') || (last.includes('{{') && !/<\/\w+$/.test(last));
    if (filled || `${last}${piece}`.trimEnd().length > LONGEST_LINE) lines.push(piece);
    else lines[lines.length - 1] = last + piece;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** The module that holds the compiled template. */
export function blockModule(html: string): string {
  return [
    '/**',
    ' * Made of `templates/block.mjml` by `npm run build:block`: MJML takes a tenth of a second and a hundred packages, neither of',
    " * which a mail has time for, nor a customer's program.",
    ' */',
    `export const BLOCK_HTML = \`${html}\`;`,
    '',
  ].join('\n');
}
