import { asciiLines, htmlFragment, languageOf, textLines } from '../../src/relay/block.js';
import { controlHeaderSplices, planInsertion, type SkipReason } from '../../src/relay/insert.js';
import { scanMessage } from '../../src/relay/mime.js';
import { BLOCK, holdLaw, OPTIONS, spliced } from './law.js';

const mail = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'utf8');
const HTML = 'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit';
const planOf = (message: Buffer, mode: 'block' | 'placeholder-only' = 'block') =>
  planInsertion(scanMessage(message), BLOCK, { ...OPTIONS, mode });
const outputOf = (message: Buffer) => holdLaw(message, 3).output.toString();

describe('reasons for leaving a message alone', () => {
  const deep = Array.from({ length: 30 }, (_, at) => [
    `Content-Type: multipart/mixed; boundary=b${at}x`,
    '',
    `--b${at}x`,
  ]);
  const cases: Record<SkipReason, Buffer> = {
    'already-linked': mail('Subject: a', '', BLOCK.url),
    'auto-submitted': mail('Auto-Submitted: auto-replied', '', 'x'),
    calendar: mail('Content-Type: text/calendar; method=REQUEST', '', 'x'),
    'dkim-signed': mail('DKIM-Signature: v=1', '', 'x'),
    encrypted: mail('Content-Type: application/pkcs7-mime; smime-type=enveloped-data', '', 'x'),
    'inline-pgp': mail('Subject: a', '', '-----BEGIN PGP MESSAGE-----'),
    'line-too-long': mail('Subject: a', '', `${'x'.repeat(980)} {{relay_url}}`),
    malformed: mail('Content-Type: multipart/mixed', '', 'x'),
    'no-placeholder': mail('Subject: a', '', 'x'),
    'no-text-part': mail('Content-Type: application/pdf', '', 'x'),
    report: mail('Content-Type: multipart/report; boundary=b', '', '--b', '', 'x', '--b--', ''),
    signed: mail('Content-Type: multipart/signed; boundary=b', '', '--b', '', 'x', '--b--', ''),
    tnef: mail('Content-Type: application/octet-stream; name=WINMAIL.DAT', '', 'x'),
    'too-deep': mail(...deep.flat(), ''),
    'too-large': mail('Subject: a', '', 'x\r\n'.repeat(400_000)),
    'unknown-encoding': mail('Content-Transfer-Encoding: x-uuencode', '', 'x'),
    'unsafe-charset': mail('Content-Type: text/plain; charset=utf-16', '', 'x'),
  };
  test.each(Object.entries(cases))('%s', (reason, message) => {
    const mode = reason === 'no-placeholder' ? 'placeholder-only' : 'block';
    expect(planOf(message, mode)).toEqual({ kind: 'skipped', reason });
  });

  test('control: the same plain message without any of this is inserted into', () => {
    expect(planOf(mail('Subject: a', '', 'x')).kind).toBe('inserted');
  });

  test('base64 with foreign characters or padding inside is malformed', () => {
    for (const body of ['AAAA*AAA', 'AA==AAAA', 'AAA']) {
      expect(planOf(mail('Content-Transfer-Encoding: base64', '', body))).toMatchObject({
        reason: 'malformed',
      });
    }
  });

  test('a bare < in front of a placeholder would become a tag: malformed', () => {
    expect(planOf(mail(HTML, '', '<p>a <{{relay_url}}b></p>'))).toMatchObject({ reason: 'malformed' });
  });

  test('nothing but a quote that was never closed: whatever is added would stand in the quote', () => {
    const odd = '<html><head\r\n<html><body><p></p><div>On Mon taro wrote:</div><blockquote>';
    const open = `${odd}<p></p><div>On Mon taro wrote:</div><blockquote>old</blockquote></body></html>`;
    expect(planOf(mail(HTML, '', open))).toMatchObject({ reason: 'malformed' });
    expect(planOf(mail(HTML, '', open.replace('</body>', '</blockquote></body>'))).kind).toBe('inserted');
  });
  test('a tag with thousands of attributes is malformed, and read in linear work', () => {
    const attributes = Array.from({ length: 100_000 }, (_, at) => `a${at}`).join(' ');
    expect(planOf(mail(HTML, '', `<p ${attributes}>x</p>`))).toMatchObject({ reason: 'malformed' });
  });
});

describe('placeholder-only', () => {
  test('replaces what is there and adds nothing', () => {
    const message = mail('Subject: a', '', 'a {{relay_url}} b');
    const plan = planOf(message, 'placeholder-only');
    expect(plan).toMatchObject({
      kind: 'inserted',
      places: [{ part: '1', type: 'text/plain', how: 'placeholder' }],
    });
    if (plan.kind === 'inserted')
      expect(spliced(message, plan.splices).toString()).toBe(`Subject: a\r\n\r\na ${BLOCK.url} b`);
  });
});

describe('places', () => {
  test('are named as IMAP counts parts', () => {
    const inner = [
      'Content-Type: multipart/alternative; boundary=a',
      '',
      '--a',
      '',
      'x',
      '--a',
      HTML,
      '',
      '<p>x',
      '--a--',
    ];
    const plan = planOf(mail('Content-Type: multipart/mixed; boundary=m', '', '--m', ...inner, '--m--', ''));
    expect(plan).toMatchObject({
      places: [
        { part: '1.1', how: 'block' },
        { part: '1.2', type: 'text/html', how: 'block' },
      ],
    });
  });

  test('a placeholder in quoted text is replaced, and does not stand for the block', () => {
    const output = outputOf(mail('Subject: a', '', 'new', '', '> see {{relay_url}}', ''));
    expect(output.split(BLOCK.url)).toHaveLength(3);
    expect(output).not.toContain('relay_url');
  });

  test('two placeholders: both are replaced, no block', () => {
    expect(outputOf(mail('Subject: a', '', '{{relay_url}}', '{{ relay_url }}'))).toBe(
      `Subject: a\r\n\r\n${BLOCK.url}\r\n${BLOCK.url}`,
    );
  });

  test('an answer below a quote is the newest text: the block goes below it', () => {
    const output = outputOf(mail('Subject: a', '', '> asked', 'answered', ''));
    expect(output.indexOf(BLOCK.url)).toBeGreaterThan(output.indexOf('answered'));
  });

  test('in preformatted text the signature line is found', () => {
    const output = outputOf(mail(HTML, '', '<pre>Dear Taro', '', '-- ', 'Aoba</pre>'));
    expect(output.indexOf(BLOCK.url)).toBeLessThan(output.indexOf('-- \r\n'));
    expect(output.indexOf(BLOCK.url)).toBeGreaterThan(output.indexOf('Dear'));
  });

  test('never inside an open link or between rows of a table', () => {
    const link = outputOf(mail(HTML, '', '<body>x<a href="y">a<br>-- <br>Aoba</a></body>'));
    expect(link.indexOf(BLOCK.url)).toBeGreaterThan(link.indexOf('</a>'));
    const table = outputOf(
      mail(HTML, '', '<body><table><tr><td>x</td></tr><tr class="signature"><td>y</td></tr></table></body>'),
    );
    expect(table.indexOf(BLOCK.url)).toBeGreaterThan(table.indexOf('</table>'));
  });
});

describe('control header fields', () => {
  test('each is removed whole, also when the message is skipped', () => {
    const message = mail(
      'X-Career-Relay: skip',
      'DKIM-Signature: v=1',
      'x-career-relay-job: a',
      '\tb',
      'Subject: s',
      '',
      'x',
    );
    expect(spliced(message, controlHeaderSplices(scanMessage(message))).toString()).toBe(
      'DKIM-Signature: v=1\r\nSubject: s\r\n\r\nx',
    );
  });

  test('in an attached message they stay', () => {
    const message = mail('Content-Type: message/rfc822', '', 'X-Career-Relay: skip', '', 'x');
    expect(controlHeaderSplices(scanMessage(message))).toEqual([]);
  });
});

describe('the block', () => {
  test('Japanese has only characters of JIS X 0208 besides ASCII', () => {
    const text = textLines(BLOCK, 'ja').join('');
    const encoded = new TextDecoder('euc-jp').decode(Buffer.from(text, 'utf8'));
    expect(encoded).toBeDefined();
    expect(text).not.toMatch(/[〜～—▶\uff61-\uff9f\u{1f000}-\u{1ffff}]/u);
  });

  test('the agency is named where it is set, and not otherwise', () => {
    expect(textLines(BLOCK, 'ja')[2]).toBe('株式会社リレー紹介（許可番号 13-ユ-000000）・登録は任意です');
    expect(textLines({ url: 'u', agency: {} }, 'ja')[2]).toBe('登録は任意です');
    expect(asciiLines(BLOCK)[2]).toBe('Signing up is optional.');
  });

  test('its link shows its address and asks click tracking to leave it alone; lines are short', () => {
    const html = htmlFragment(
      { url: 'https://a.example/r/x?a=1&b=2', agency: { name: '<&>' } },
      'ja',
      '\r\n',
      true,
    );
    expect(html).toContain('clicktracking=off');
    expect(html).toContain('>https://a.example/r/x?a=1&amp;b=2</a>');
    expect(html).toContain('&lt;&amp;&gt;');
    expect(html).toMatch(/^[\x00-\x7f]*$/);
    for (const line of html.split('\r\n')) expect(line.length).toBeLessThan(998);
  });

  test("its language is the mail's own", () => {
    expect(languageOf('残念ながら')).toBe('ja');
    expect(languageOf('尊敬的王先生')).toBe('en');
    expect(languageOf('Dear Taro')).toBe('en');
  });
});

describe('work grows with the message, not with its square', () => {
  const size = 60_000;
  const cases: [string, string][] = [
    ['<div>', 'opening tags'],
    ['<a>x<br>', 'open links'],
    ['</b>', 'closing tags'],
    ['<blockquote>x', 'open quotes'],
    ['&amp', 'references'],
    ['{{', 'braces'],
    ['{{relay_url}}', 'placeholders'],
    ['<!--', 'comments'],
    [' ', 'blanks'],
    ['<a href="https://', 'open attributes'],
    ['> \r\n', 'quoted lines'],
    ['On a wrote: ', 'attributions'],
  ];
  test.each(cases)('%j: %s', (unit) => {
    const body = unit.repeat(Math.floor(size / unit.length));
    for (const type of ['html', 'plain']) {
      for (const encoding of ['8bit', 'quoted-printable']) {
        holdLaw(
          mail(
            `Content-Type: text/${type}; charset=utf-8`,
            `Content-Transfer-Encoding: ${encoding}`,
            '',
            body,
          ),
          65_536,
        );
      }
    }
  });
});
