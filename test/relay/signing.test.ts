import type { SignedPolicy } from '../../src/company/store.js';
import { authorDomain } from '../../src/relay/author.js';
import { scanMessage } from '../../src/relay/mime.js';
import { planSigning } from '../../src/relay/signing.js';

const structureOf = (...lines: string[]) => scanMessage(Buffer.from([...lines, '', 'x', ''].join('\r\n')));
const domainOf = (...fields: string[]) => authorDomain(structureOf(...fields).root.fields);

describe('the domain of the author', () => {
  test.each([
    ['From: hr@example.jp', 'example.jp'],
    ['From: HR <hr@Example.JP>', 'example.jp'],
    ['From: "Example, Inc. <x@evil.example>" <hr@example.jp>', 'example.jp'],
    ['From: hr@brand (not <a@b.example>) <hr@example.jp>', 'example.jp'],
    ['From: hr@example.jp (HR, Tokyo; \\) x@y.example)', 'example.jp'],
    ['From: "a@b"@example.jp', 'example.jp'],
    ['From: HR\r\n <hr@example.jp\r\n >', 'example.jp'],
    ['From: <採用@例え.jp>', 'xn--r8jz45g.jp'],
  ])('%j', (field, domain) => {
    expect(domainOf(field)).toBe(domain);
  });

  test.each([
    ['no From', ['To: a@example.jp']],
    ['two From fields', ['From: a@example.jp', 'From: b@example.jp']],
    ['two people', ['From: a@example.jp, b@example.org']],
    ['two people in brackets', ['From: A <a@example.jp>, B <b@example.org>']],
    ['a group', ['From: HR: a@example.jp;']],
    ['two addresses run together', ['From: <a@example.jp> <b@example.org>']],
    ['no address', ['From: Human Resources']],
    ['two signs', ['From: <a@b@example.jp>']],
    ['no domain', ['From: <a@>']],
  ])('%s: none', (_name, fields) => {
    expect(domainOf(...fields)).toBeUndefined();
  });
});

describe('what is done about a signature', () => {
  const KEY = { domain: 'example.jp', selector: 'relay' };
  const FROM = 'From: HR <hr@example.jp>';
  const own = 'DKIM-Signature: v=1; d=example.jp; s=x; h=from; b=x';
  const foreign = 'DKIM-Signature: v=1; d=esp.example; s=x; h=from:to; b=x';
  const plan = (policy: SignedPolicy, ...fields: string[]) =>
    planSigning(structureOf(...fields), [KEY], policy);

  test('none there: signed, whatever the policy', () => {
    expect(plan('pass', FROM)).toEqual({ kind: 'sign', key: KEY });
    expect(plan('resign', FROM)).toEqual({ kind: 'sign', key: KEY });
  });
  test('pass: any signature there ends it', () => {
    for (const field of [own, foreign, 'ARC-Seal: i=1'])
      expect(plan('pass', field, FROM)).toEqual({ kind: 'none' });
  });
  test('resign: own signatures are taken out whole, folds and case included', () => {
    const folded = 'dkim-signature: v=1; D = x;\r\n d=\tExample.\r\n JP; b=x';
    const fields = [own, FROM, folded.replace('D = x;', '')];
    const text = fields.join('\r\n');
    const found = plan('resign', ...fields);
    if (found.kind !== 'resign') throw new Error(found.kind);
    expect(found.remove.map(({ at, remove }) => text.slice(at, at + remove).trim())).toEqual([
      fields[0],
      fields[2],
    ]);
  });
  test.each([
    ['beside a foreign one', [own, foreign]],
    ['under a seal of others (ARC)', [own, 'ARC-Message-Signature: i=1']],
    ['with its d= twice', ['DKIM-Signature: d=example.jp; d=example.jp; b=x', own]],
  ])('resign: an own signature %s stays', (_name, fields) => {
    expect(plan('resign', ...fields, FROM)).toEqual({ kind: 'none' });
  });
  test('resign: ours goes beside a foreign one', () => {
    expect(plan('resign', foreign, FROM)).toEqual({ kind: 'sign', key: KEY });
  });
  test('resign: but not beside one that counts DKIM-Signature fields', () => {
    const counting = foreign.replace('from:to', 'from:\r\n DKIM-Signature : to');
    expect(plan('resign', counting, FROM)).toEqual({ kind: 'none' });
  });
  test.each([
    ['From another domain', ['From: a@example.org']],
    ['From a lookalike', ['From: a@badexample.jp']],
    ['From a parent', ['From: a@jp']],
    ['a mark of an mbox file first', ['From hr Mon Jan 1', FROM]],
    ['a line that is no field', [FROM, 'no field']],
  ])('%s: not signed', (_name, fields) => {
    expect(plan('pass', ...fields)).toEqual({ kind: 'none' });
  });
  test('a header section without end is not signed', () => {
    expect(planSigning(scanMessage(Buffer.from(`${FROM}\r\n`)), [KEY], 'pass')).toEqual({ kind: 'none' });
  });
  test('the nearest domain wins, then the oldest key', () => {
    const keys = [
      { domain: 'example.jp', selector: 'a' },
      { domain: 'mail.example.jp', selector: 'b' },
      { domain: 'mail.example.jp', selector: 'c' },
    ];
    const signing = planSigning(structureOf('From: a@eu.mail.example.jp'), keys, 'pass');
    expect(signing).toEqual({ kind: 'sign', key: keys[1] });
  });
});
