import { classifyVisitor, readAgent, type VisitorHeaders } from '../../src/click/visitor.js';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
const LINE_BROWSER =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 Line/14.18.0/IAB';

function classify(agent: string, headers: VisitorHeaders = {}, method: 'GET' | 'HEAD' = 'GET') {
  return classifyVisitor(method, headers, readAgent(agent));
}

describe('visitor class', () => {
  test.each([CHROME, IPHONE, LINE_BROWSER])('agent_browser: a browser is a human: %s', (agent) => {
    expect(classify(agent)).toMatchObject({ visitorClass: 'human', cue: 'agent_browser' });
  });

  test('head_probe: HEAD with a browser agent is a scanner', () => {
    expect(classify(CHROME, {}, 'HEAD')).toMatchObject({ visitorClass: 'scanner', cue: 'head_probe' });
  });

  test.each([
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-purpose', 'preview'],
    ['x-moz', 'prefetch'],
  ])('prefetch_header: %s', (name, value) => {
    expect(classify(CHROME, { [name]: value })).toMatchObject({
      visitorClass: 'prefetch',
      cue: 'prefetch_header',
    });
  });

  test('prefetch_header: an unrelated purpose does not count', () => {
    expect(classify(CHROME, { purpose: 'navigate' }).visitorClass).toBe('human');
  });

  test.each(['', '  '])('agent_empty: no agent is no human (%j)', (agent) => {
    expect(classify(agent)).toMatchObject({ visitorClass: 'bot', cue: 'agent_empty' });
  });

  test.each([
    ['LINE', 'facebookexternalhit/1.1;line-poker/1.0'],
    ['Slack', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'],
    [
      'Teams',
      'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
    ],
    ['Discord', 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)'],
    ['WhatsApp', 'WhatsApp/2.23.20.0'],
    [
      'iMessage',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0',
    ],
    ['Telegram', 'TelegramBot (like TwitterBot)'],
  ])('link_preview: %s', (_, agent) => {
    expect(classify(agent)).toMatchObject({ visitorClass: 'prefetch', cue: 'link_preview' });
  });

  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'curl/8.5.0',
    'python-requests/2.32.0',
  ])('agent_bot: %s', (agent) => {
    expect(classify(agent)).toMatchObject({ visitorClass: 'bot', cue: 'agent_bot' });
  });

  test.each([{ dnt: '1' }, { 'sec-gpc': '1' }])(
    'privacy_signal: %j keeps the class and nothing else',
    (headers) => {
      expect(classify(CHROME, headers)).toEqual({
        visitorClass: 'human',
        cue: 'privacy_signal',
        method: 'GET',
        agent: null,
        browser: null,
        os: null,
        device: null,
        prefetch: false,
        traceable: false,
      });
    },
  );

  test('privacy_signal: DNT 0 is no such wish', () => {
    expect(classify(CHROME, { dnt: '0' }).traceable).toBe(true);
  });

  test('earlier rules win: HEAD before prefetch, prefetch before bot', () => {
    expect(classify('curl/8.5.0', { purpose: 'prefetch' }, 'HEAD').cue).toBe('head_probe');
    expect(classify('curl/8.5.0', { purpose: 'prefetch' }).cue).toBe('prefetch_header');
  });
});

describe('agent', () => {
  test('tells browser, system and device', () => {
    expect(readAgent(IPHONE).device).toEqual({ browser: 'Mobile Safari', os: 'iOS', device: 'mobile' });
    expect(readAgent(CHROME).device).toEqual({ browser: 'Chrome', os: 'Windows', device: 'desktop' });
  });

  test('is cut at its limit', () => {
    expect(readAgent('x'.repeat(5_000)).agent).toHaveLength(512);
  });
});
