// Whether every regular expression in src stays quick on input made to slow it down: each is run on texts that repeat
// what it may consume, ever longer, and its time must not grow faster than the text (quadratic by more than a little is
// a fault). `npm run patterns`; status 1 names each that does.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = new URL('../src/', import.meta.url).pathname;
const [SHORT, LONG] = [8_000, 32_000];
/** Milliseconds that a pattern may take on the long text; what is quicker needs no second look. */
const FREE = 8;
/** How much longer the longer text may take: 4 is linear, 16 quadratic. */
const GROWTH = 9;
const PUMPS = [
  'a',
  '0',
  ' ',
  '\t',
  '\n',
  '.',
  '-',
  '_',
  '@',
  '<',
  '=',
  '"',
  'a.',
  'a ',
  '<a',
  '\r\n ',
  'あ',
  '=?',
  '--',
  'a@',
  '0,',
  '%0',
  '&#',
  '/*',
  'a=b;',
];
const ENDS = ['', '!', '\0', '\n', '@', '>', '"'];

function literalsOf(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ place: `${path.slice(ROOT.length)}:${line}`, text: node.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function timeOf(pattern, text) {
  const began = performance.now();
  pattern.lastIndex = 0;
  pattern.test(text);
  return performance.now() - began;
}

/** @returns the text that slows a pattern down */
function slowedBy({ text }) {
  const slash = text.lastIndexOf('/');
  const pattern = new RegExp(text.slice(1, slash), text.slice(slash + 1));
  for (const pump of PUMPS) {
    for (const end of ENDS) {
      const of = (length) => pump.repeat(length / pump.length) + end;
      if (timeOf(pattern, of(LONG)) < FREE) continue;
      const [long, short] = [LONG, SHORT].map((length) =>
        Math.min(...[1, 2, 3].map(() => timeOf(pattern, of(length)))),
      );
      if (long >= FREE && long / Math.max(short, 0.01) > GROWTH)
        return `${JSON.stringify(pump)} … ${JSON.stringify(end)}: ${short.toFixed(1)} → ${long.toFixed(1)} ms`;
    }
  }
  return undefined;
}

const files = readdirSync(ROOT, { recursive: true }).filter(
  (name) => /\.tsx?$/.test(name) && !name.includes('assets'),
);
const patterns = files.flatMap((name) => literalsOf(join(ROOT, name)));
const slow = patterns.flatMap((one) => {
  const by = slowedBy(one);
  return by ? [`${one.place}  ${one.text}  ${by}`] : [];
});
for (const line of slow) console.error(line);
console.log(`${patterns.length} patterns, ${PUMPS.length * ENDS.length} texts each: ${slow.length} slow`);
process.exitCode = slow.length === 0 ? 0 : 1;
