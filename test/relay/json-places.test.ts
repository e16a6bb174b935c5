import fc from 'fast-check';
import { itemsOf, JsonShapeError, membersOf, parseAt, valueAt } from '../../src/relay/json-places.js';
import { readSendgridMail } from '../../src/relay/sendgrid-mail.js';
import { addMembers } from '../../src/relay/sendgrid-write.js';
import { spliced } from '../../src/relay/splice.js';

const whole = (json: Buffer) => valueAt(json, 0);

describe('places in JSON', () => {
  test('the members of any object, and the items of any list, are what JSON.parse says', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 1, '\t', 2),
        (value, indent) => {
          const json = Buffer.from(`  ${JSON.stringify(value, null, indent)}\r\n`);
          const read = Object.fromEntries(
            [...membersOf(json, whole(json))].map(([key, at]) => [key, parseAt(json, at)]),
          );
          expect(read).toEqual(JSON.parse(json.toString()));
          const list = Buffer.from(JSON.stringify(Object.values(value), null, indent));
          expect(itemsOf(list, whole(list)).map((at) => parseAt(list, at))).toEqual(
            JSON.parse(list.toString()),
          );
        },
      ),
    );
  });

  test('a member that is added is there, and all bytes before it and behind it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (inner, value) => {
        fc.pre(!('ours' in inner));
        const json = Buffer.from(JSON.stringify({ to: 1, inner }, null, 1));
        const outer = whole(json);
        const splice = addMembers(json, outer, 'inner', membersOf(json, outer).get('inner'), [
          ['ours', value],
        ]);
        const out = Buffer.concat(spliced([json], [splice]) as Buffer[]);
        expect(JSON.parse(out.toString())).toEqual({ to: 1, inner: { ...inner, ours: value } });
        const { at, insert } = splice;
        expect(Buffer.concat([out.subarray(0, at), out.subarray(at + insert.length)]).equals(json)).toBe(
          true,
        );
      }),
    );
  });

  test.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":"',
    '{"a":"\\"',
    '{"a":[}',
    '{"a":1,}',
    '{a:1}',
    '[1]',
    '{"a":1,"a":2}',
  ])('%j is no object', (text) => {
    const json = Buffer.from(text);
    expect(() => membersOf(json, { from: 0, to: json.length })).toThrow(JsonShapeError);
  });

  test('no bytes whatever make the reader fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readSendgridMail(Buffer.from(bytes));
      }),
    );
    const mail = JSON.stringify({
      personalizations: [{ to: [{ email: 'a@b.c' }], substitutions: { x: 'y' } }],
      from: { email: 'd@e.f' },
      content: [{ type: 'text/plain', value: 'x' }],
    });
    for (let at = 0; at < mail.length; at += 1) readSendgridMail(Buffer.from(mail.slice(0, at)));
    expect(readSendgridMail(Buffer.from(mail))).toMatchObject({ from: 'd@e.f', template: 'none' });
  });
});
