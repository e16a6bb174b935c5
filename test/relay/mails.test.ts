import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { BLOCK, holdLaw } from './law.js';

const FOLDER = new URL('../mails/', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.eml'));

/**
 * Numbered after the failures seen elsewhere. `NAME.eml` goes in; `NAME.out` must come out byte for byte, or
 * `NAME.skip` names the reason for which the message stays as it is.
 */
describe('golden messages', () => {
  test.each(names)('%s', (name) => {
    const { plan, output } = holdLaw(readFileSync(new URL(name, FOLDER)), 7);
    const base = name.slice(0, -'.eml'.length);
    const out = new URL(`${base}.out`, FOLDER);
    const skip = new URL(`${base}.skip`, FOLDER);
    if (plan.kind === 'inserted') {
      expect(output.toString('latin1')).toBe(readFileSync(out, 'latin1'));
      expect(output.includes(BLOCK.url) || /base64/.test(output.toString('latin1'))).toBe(true);
    } else expect(`${plan.reason}\n`).toBe(readFileSync(skip, 'latin1'));
    expect(existsSync(out)).not.toBe(existsSync(skip));
  });
});
