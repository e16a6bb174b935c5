import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { readForm } from '../../src/web/form-data.js';

function requestOf(body: string, piece: number, type = 'multipart/form-data; boundary=XyZ'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers['content-type'] = type;
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += piece) request.push(bytes.subarray(at, at + piece));
  request.push(null);
  return request;
}

async function fileOf(form: Awaited<ReturnType<typeof readForm>>): Promise<string | undefined> {
  if (!form.file) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of form.file) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

const field = (name: string, value: string) =>
  `--XyZ\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, content: string) =>
  `--XyZ\r\nContent-Disposition: form-data; name="table"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n${content}\r\n`;

describe('a form with a file', () => {
  test.each([1, 2, 7, 1_000])('cut into pieces of %i bytes', async (piece) => {
    const content = 'a,b --XyZ is no boundary here: \r\n--Xy\r\n';
    const form = await readForm(
      requestOf(`${field('csrf', 'töken')}${file('a.csv', content)}--XyZ--\r\n`, piece),
    );
    expect(form.fields).toEqual({ csrf: 'töken' });
    expect(await fileOf(form)).toBe(content);
  });

  test('no file was chosen', async () => {
    const form = await readForm(requestOf(`${field('a', '')}${file('', '')}${field('b', '2')}--XyZ--`, 9));
    expect(form).toEqual({ fields: { a: '', b: '2' }, file: undefined });
  });

  test('a quoted boundary', async () => {
    const form = await readForm(
      requestOf(`${field('a', '1')}--XyZ--`, 9, 'multipart/form-data; boundary="XyZ"'),
    );
    expect(form.fields).toEqual({ a: '1' });
  });

  test.each([
    ['no such form', 'a=1', 'text/plain', /multipart/],
    ['no boundary', 'a=1', 'multipart/form-data', /multipart/],
    ['cut within a field', field('a', '1').slice(0, -4), undefined, /too early/],
    ['a part without a name', '--XyZ\r\nX: y\r\n\r\n1\r\n--XyZ--', undefined, /no name/],
    ['fields that are too large', field('a', 'x'.repeat(70_000)), undefined, /too large/],
  ])('%s is refused', async (_, body, type, why) => {
    await expect(readForm(requestOf(body, 1_000, type))).rejects.toThrow(why);
  });

  test('cut within the file: reading it fails, nobody takes the half for the whole', async () => {
    const form = await readForm(requestOf(file('a.csv', 'a\nb\n').slice(0, -3), 8));
    await expect(fileOf(form)).rejects.toThrow('too early');
  });
});
