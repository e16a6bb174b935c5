import { scanMessage } from '../../src/relay/mime.js';
import { type MessageView, readView } from '../../src/relay/view.js';

const OURS = { linkBaseUrls: ['https://go.aoba.example/r'], staticUrl: 'https://relay.example/c/aoba' };
const view = (...lines: string[]): MessageView =>
  readView(scanMessage(Buffer.from(lines.join('\r\n'), 'utf8')), OURS);
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit';
const HTML = 'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit';

test('header fields are decoded', () => {
  const seen = view(
    'From: =?UTF-8?B?6Z2S6JGJ?= <saiyo@aoba.example>',
    'To: "Yamada, Taro" <taro..y@docomo.ne.jp>, other@x.example (a, b)',
    'Subject: =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=',
    'Message-ID: <1@aoba.example>',
    'Auto-Submitted: auto-replied',
    'List-Unsubscribe: <mailto:x@y>',
    'DKIM-Signature: v=1',
    '',
    'x',
  );
  expect(seen).toMatchObject({
    from: '青葉 <saiyo@aoba.example>',
    to: ['"Yamada, Taro" <taro..y@docomo.ne.jp>', 'other@x.example (a, b)'],
    subject: '山田',
    messageId: '<1@aoba.example>',
    autoSubmitted: true,
    listUnsubscribe: true,
    dkimSigned: true,
    isReport: false,
  });
});

test('control header fields are decoded; an unknown action is none', () => {
  expect(
    view(
      'X-Career-Relay: Insert',
      'X-Career-Relay-Job: =?UTF-8?B?5Za25qWt?=',
      'X-Career-Relay-Stage: 1',
      '',
      '',
    ).control,
  ).toEqual({
    action: 'insert',
    job: '営業',
    stage: '1',
  });
  expect(view('X-Career-Relay: maybe', '', '').control).toEqual({});
});

describe('newest text', () => {
  const newest: [string, string[]][] = [
    ['signature', ['-- ', '青葉']],
    ['quoted lines', ['', '> 古い', '> 文']],
    ['On … wrote:', ['On Mon, 5 Jan 2026 at 10:00, Taro', '<taro@x.example> wrote:', '> old']],
    ['Japanese attribution', ['2026年1月5日(月) 10:00 山田 <taro@x.example>:', '> 古い']],
    ['-----Original Message-----', ['-----Original Message-----', 'From: a', '', 'old']],
    ['元のメッセージ', ['----- 元のメッセージ -----', '古い']],
    ['forwarded', ['---------- Forwarded message ---------', 'From: a']],
    ['Outlook rule', ['________________________________', '差出人: 山田', '古い']],
  ];
  test.each(newest)('ends above: %s', (_name, tail) => {
    expect(view(TEXT, '', '新しい', '文です', ...tail, '').text).toBe('新しい\n文です');
  });

  test('a rule that introduces nothing does not end it', () => {
    expect(view(TEXT, '', 'a', '________________________________', 'b').text).toContain('b');
  });

  const markup: [string, string][] = [
    ['blockquote', '<blockquote>古い</blockquote>'],
    ['gmail_quote', '<div class="gmail_quote">On x wrote:<br>古い</div>'],
    ['Outlook header', '<div id="divRplyFwdMsg">From: a</div><div>古い</div>'],
    ['signature', '<p>-- <br>青葉</p>'],
    ['gmail_signature', '<div class="gmail_signature">青葉</div>'],
    ['style, script, hidden', '<style>p{}</style><script>x()</script><div style="display:none">隠し</div>'],
  ];
  test.each(markup)('of HTML without: %s', (_name, tail) => {
    expect(
      view(
        HTML,
        '',
        `<html><head><title>t</title></head><body><p>新&#12375;い<br>文</p>${tail}</body></html>`,
      ).htmlText.trim(),
    ).toBe('新しい\n文');
  });
});

test('text is read by what its bytes are, not by a false label', () => {
  expect(
    view('Content-Type: text/plain; charset=iso-2022-jp', 'Content-Transfer-Encoding: 8bit', '', '残念').text,
  ).toBe('残念');
});

describe('links of ours', () => {
  test('outside quotes, in text and in attributes', () => {
    expect(view(TEXT, '', 'https://go.aoba.example/r/k7mpq2xw9d').alreadyLinked).toBe(true);
    expect(view(HTML, '', '<a href="https&#58;//go.aoba.example/r/k7mpq2xw9d">x</a>').alreadyLinked).toBe(
      true,
    );
  });

  test('within quotes they do not count', () => {
    expect(view(TEXT, '', '> https://go.aoba.example/r/k7mpq2xw9d').alreadyLinked).toBe(false);
    expect(
      view(HTML, '', '<blockquote><a href="https://go.aoba.example/r/k7mpq2xw9d">x</a></blockquote>')
        .alreadyLinked,
    ).toBe(false);
  });

  test('placeholder and static URL', () => {
    expect(view(TEXT, '', 'a {{relay_url}}')).toMatchObject({ hasPlaceholder: true, hasStaticUrl: false });
    expect(view(TEXT, '', 'https://relay.example/c/aoba.')).toMatchObject({
      hasPlaceholder: false,
      hasStaticUrl: true,
    });
    expect(view(TEXT, '', 'https://relay.example/c/aobab')).toMatchObject({ hasStaticUrl: false });
  });
});
