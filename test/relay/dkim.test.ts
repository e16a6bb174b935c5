import { createHash, createPrivateKey, createPublicKey, verify as verifySignature } from 'node:crypto';
import fc from 'fast-check';
import { makeSignature, signingInput, signMessage } from '../../src/relay/dkim.js';
import { createRelaxedBodyHash, relaxedField } from '../../src/relay/dkim-canon.js';
import { chooseFields, coveredNames } from '../../src/relay/dkim-fields.js';
import { parseHeaderSection } from '../../src/relay/mime-header.js';
import { describeWith } from '../harness/programs.js';
import { anyMail, DKIM_MAILS, OBSOLETE_MAIL } from './dkim-mails.js';
import { onWire, openVerifier, SIGNED_AT, signedBy, testKey, VERIFIERS } from './dkim-verifiers.js';

function bodyHash(body: string | Buffer, size = 1_000): string {
  const hash = createRelaxedBodyHash();
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) hash.push(bytes.subarray(at, at + size));
  return hash.end().toString('base64');
}
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

describe('relaxed form', () => {
  test('the example of RFC 6376 §3.4.5', () => {
    expect(relaxedField('A: X\r\n')).toBe('a:X');
    expect(relaxedField('B : Y\t\r\n\tZ  \r\n')).toBe('b:Y Z');
    expect(bodyHash(' C \r\nD \t E\r\n\r\n\r\n')).toBe(sha256(' C\r\nD E\r\n'));
  });

  test.each([
    ['', ''],
    ['\r\n\r\n', ''],
    [' \t\r\n', ''],
    ['a', 'a\r\n'],
    ['a\r\n b \r\n\r\nc\t\r\n\r\n', 'a\r\n b\r\n\r\nc\r\n'],
    ['\r\na', '\r\na\r\n'],
    ['a\rb\nc\r\n', 'a\rb\nc\r\n'],
    ['a \r', 'a \r\r\n'],
  ])('body %j is hashed as %j, in chunks of any size', (body, relaxed) => {
    for (const size of [1, 2, 3, 1_000]) expect(bodyHash(body, size)).toBe(sha256(relaxed));
  });
});

describe('fields that are signed', () => {
  const keys = (...names: string[]) => names.map((key, at) => ({ key, at }));

  test('those that matter, sealed against a second one; trace fields never', () => {
    expect(coveredNames(keys('received', 'from', 'to', 'subject', 'date', 'list-id', 'x-mailer'))).toEqual([
      'from',
      'from',
      'to',
      'to',
      'subject',
      'subject',
      'date',
      'date',
      'list-id',
    ]);
  });
  test('a Date or To that the next server may supply is not sealed while absent; a Subject is', () => {
    expect(coveredNames(keys('from'))).toEqual(['from', 'from', 'subject']);
  });
  test('of several with one name the last comes first (RFC 6376 §5.4.2)', () => {
    const chosen = chooseFields(keys('to', 'from', 'to', 'to'), ['to', 'from', 'from', 'to']);
    expect(chosen.map(({ at }) => at)).toEqual([3, 1, 2]);
  });
});

describe('the vector of RFC 8463 appendix A', () => {
  const header = [
    'From: Joe SixPack <joe@football.example.com>',
    'To: Suzie Q <suzie@shopping.example.net>',
    'Subject: Is dinner ready?',
    'Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)',
    'Message-ID: <20030712040037.46341.5F8J@football.example.com>',
  ].map((field) => `${field}\r\n`);
  const body = 'Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n';
  const unsigned = [
    'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;',
    ' d=football.example.com; i=@football.example.com;',
    ' q=dns/txt; s=brisbane; t=1528637909; h=from : to :',
    ' subject : date : message-id : from : subject : date;',
    ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
    ' b=',
  ].join('\r\n');
  const names = ['from', 'to', 'subject', 'date', 'message-id', 'from', 'subject', 'date'];
  const { fields } = parseHeaderSection(Buffer.from(header.join('')), 0);
  const chosen = chooseFields(fields, names).map(({ start, end }) => header.join('').slice(start, end));

  test('body hash', () => {
    expect(bodyHash(body)).toBe('2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=');
  });
  test('signature', async () => {
    const seed = Buffer.from('nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=', 'base64');
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const input = signingInput(chosen, unsigned);
    const signature = await makeSignature({ algorithm: 'ed25519-sha256', privateKey }, input);
    expect(signature.toString('base64')).toBe(
      '/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==',
    );
  });
});

describe('the signature field', () => {
  const key = testKey('rsa-sha256');

  test('holds what it must, on short lines', async () => {
    const signed = await signedBy(key, DKIM_MAILS['folded and odd fields']!);
    const field = signed.toString('latin1').split(/\r\n(?![ \t])/)[0]!;
    expect(field).toMatch(
      /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed;\r\n d=example\.jp;\r\n s=relay; t=1795309200;/,
    );
    expect(field).not.toMatch(/\bl=/);
    expect(Math.max(...field.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  test('is made by the key', async () => {
    const message = Buffer.from('From: hr@example.jp\r\n\r\nx\r\n');
    const signed = (await signedBy(key, message)).toString('latin1');
    const [, unsigned = '', b = ''] = /^(.*\r\n b=)(.*?)\r\nFrom:/s.exec(signed)!;
    const input = signingInput(['From: hr@example.jp\r\n'], unsigned);
    const signature = Buffer.from(b.replace(/\s/g, ''), 'base64');
    expect(verifySignature('sha256', input, createPublicKey(key.privateKey), signature)).toBe(true);
  });

  test.each([
    ['no From', 'To: a@example.jp\r\n\r\nx\r\n', /without From/],
    ['no end of the header section', 'From: a@example.jp\r\n', /no end/],
    [
      'a header section beyond 256 KiB',
      `From: a@example.jp\r\nX: ${'x'.repeat(262_144)}\r\n\r\nx`,
      /too long/,
    ],
  ])('%s: nothing is signed', async (_name, message, fault) => {
    await expect(signedBy(key, Buffer.from(message))).rejects.toThrow(fault);
  });

  test('no chunk is kept', async () => {
    const head = Buffer.from('From: hr@example.jp\r\n\r\n');
    const lines = Buffer.from('text and  blanks \r\n'.repeat(3_000));
    const count = 40;
    // The one buffer is overwritten as soon as the next chunk is asked for.
    async function* reused() {
      yield head;
      for (let at = 0; at < count; at += 1) {
        const chunk = Buffer.from(lines);
        yield chunk;
        chunk.fill('!');
      }
    }
    async function* whole() {
      yield Buffer.concat([head, ...Array.from({ length: count }, () => lines)]);
    }
    const expected = await signMessage(whole(), key, SIGNED_AT);
    expect(await signMessage(reused(), key, SIGNED_AT)).toEqual(expected);
  });
});

for (const verifier of VERIFIERS) {
  describeWith(verifier.name, `verified by ${verifier.name}`, () => {
    let opened: ReturnType<typeof openVerifier>;
    beforeAll(() => {
      opened = openVerifier(verifier);
    });
    afterAll(() => opened.close());

    describe.each(verifier.algorithms)('%s', (algorithm) => {
      const key = testKey(algorithm);
      const good = [['example.jp', 'relay', 'pass']];

      test('each kind of message, whatever the chunks', async () => {
        const mails: Record<string, Buffer> = {
          ...DKIM_MAILS,
          ...(verifier.readsObsolete && { obsolete: OBSOLETE_MAIL }),
        };
        const names = Object.keys(mails);
        const signed: Buffer[] = [];
        for (const name of names) {
          const message = mails[name]!;
          const whole = await signedBy(key, message);
          for (const size of [1, 7]) expect(await signedBy(key, message, size)).toEqual(whole);
          signed.push(whole);
        }
        const cases = signed.map((message) => ({ message: onWire(message), records: key.records }));
        const verdicts = await opened.verify(cases);
        expect(Object.fromEntries(names.map((name, at) => [name, verdicts[at]]))).toEqual(
          Object.fromEntries(names.map((name) => [name, good])),
        );
      });

      test('any message', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(anyMail, { minLength: 100, maxLength: 100 }), async (mails) => {
            const cases = await Promise.all(
              mails.map(async ({ message, chunk }) => ({
                message: await signedBy(key, message, chunk),
                records: key.records,
              })),
            );
            expect(await opened.verify(cases)).toEqual(cases.map(() => good));
          }),
          { numRuns: 3 },
        );
      }, 120_000);

      test('control: what is changed afterwards does not verify', async () => {
        const signed = (await signedBy(key, DKIM_MAILS.text!)).toString('latin1');
        const change = (from: string | RegExp, to: string) => {
          const changed = signed.replace(from, to);
          expect(changed).not.toBe(signed);
          return { message: Buffer.from(changed, 'latin1'), records: key.records };
        };
        const other = testKey(algorithm);
        const cases = [
          change(/\xe6\xa7\x98/, '\xe6\xa7\x99'),
          change('taro@', 'jiro@'),
          change('\r\nSubject:', '\r\nSubject: first\r\nSubject:'),
          change('\r\nMIME-Version', '\r\nFrom: other@example.jp\r\nMIME-Version'),
          change('t=1795309200', 't=1795309201'),
          { message: Buffer.from(signed, 'latin1'), records: other.records },
          { message: Buffer.from(signed, 'latin1'), records: {} },
        ];
        const results = (await opened.verify(cases)).map((verdicts) => verdicts[0]?.[2]);
        expect(results.filter((result) => result === 'pass')).toEqual([]);
        expect(results).toHaveLength(cases.length);
      });
    });
  });
}
