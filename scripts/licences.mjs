// Lists the licences of everything that runs in production, and fails on one that asks more than attribution.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'Unlicense',
  'CC0-1.0',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC-BY-4.0',
  'PostgreSQL',
]);

/** SPDX expressions: one permissive choice of an OR suffices; every part of an AND must be permissive. */
function permissive(expression) {
  const text = expression
    .replace(/\(https?:[^)]*\)/g, '')
    .replace(/[()]/g, '')
    .trim();
  return text
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((name) => PERMISSIVE.has(name.trim())));
}

/** Some packages name no licence in their manifest but ship its text; those are read once and named here. */
function licenceOf(path, manifest) {
  const declared = manifest.license ?? manifest.licenses?.map((one) => one.type).join(' OR ');
  if (typeof declared === 'object') return declared.type;
  if (declared) return declared;
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(path, file), 'utf8') : '';
  return /permission is hereby granted, free of charge/i.test(text) ? 'MIT' : 'unknown';
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const counts = new Map();
const refused = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  const directory = join(root, path);
  if (path === '' || entry.dev || !existsSync(join(directory, 'package.json'))) continue;
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const licence = licenceOf(directory, manifest);
  counts.set(licence, (counts.get(licence) ?? 0) + 1);
  if (!permissive(licence)) refused.push(`${manifest.name}@${manifest.version}: ${licence}`);
}
console.log([...counts].map(([licence, count]) => `${count} ${licence}`).join(', '));
if (refused.length > 0) {
  console.error(`Not permissive:\n${refused.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}
