import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith } from '../harness/programs.js';
import { RawClient } from './peers.js';
import { freePort, Sink } from './sink.js';

/** Faults of smtp-sink, what the client hears at which step, and how many copies may have arrived. */
const FAULTS: readonly (readonly [flags: string, step: string, reply: RegExp, copies: readonly number[]])[] =
  [
    ['', '.', /^250 /, [1]],
    ['-8', '.', /^250 /, [1]],
    ['-N', '.', /^250 /, [1]],
    ['-E', '.', /^250 /, [1]],
    ['-e', '.', /^250 /, [1]],
    ['-W .:1', '.', /^250 /, [1]],
    ['-q CONNECT', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-q EHLO', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-q MAIL', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-q RCPT', 'RCPT', /^451 4\.4\.1 /, [0]],
    ['-q DATA', '.', /^451 4\.4\.2 /, [0]],
    ['-q .', '.', /^451 4\.4\.2 /, [0, 1]],
    ['-Q CONNECT', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-Q MAIL', 'MAIL', /^421 /, [0]],
    ['-Q RCPT', 'RCPT', /^421 /, [0]],
    ['-Q DATA', '.', /^421 /, [0]],
    ['-Q .', '.', /^421 /, [0, 1]],
    ['-r CONNECT', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-r MAIL', 'MAIL', /^450 4\.3\.0 /, [0]],
    ['-r RCPT', 'RCPT', /^450 4\.3\.0 /, [0]],
    ['-r DATA', '.', /^450 4\.3\.0 /, [0]],
    ['-r .', '.', /^450 4\.3\.0 /, [0, 1]],
    ['-f CONNECT', 'MAIL', /^451 4\.4\.1 /, [0]],
    ['-f MAIL', 'MAIL', /^500 5\.3\.0 /, [0]],
    ['-f RCPT', 'RCPT', /^500 5\.3\.0 /, [0]],
    ['-f DATA', '.', /^500 5\.3\.0 /, [0]],
    ['-f .', '.', /^500 5\.3\.0 /, [0, 1]],
  ];

describeWith('smtp-sink', 'faults of upstream (smtp-sink)', () => {
  let app: TestApp;
  let port: number;
  let credential: { username: string; password: string };
  beforeAll(async () => {
    port = await freePort();
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: `smtp://127.0.0.1:${port}` } });
    const company = await app.company({ name: 'Example', policy: 'auto' });
    credential = await app.smtpCredential(company.id);
  });
  afterAll(() => app.close());

  let sent = 0;
  /** Sends one mail until something refuses it. @returns the step and the words of the last answer */
  async function attempt(lastLine: string): Promise<[step: string, reply: string]> {
    sent += 1;
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    const steps: [string, string][] = [
      ['MAIL', 'MAIL FROM:<hr@example.jp>'],
      ['RCPT', 'RCPT TO:<taro@example.com>'],
      ['DATA', 'DATA'],
      ['.', `Subject: fault\r\nMessage-ID: <fault-${sent}@example.jp>\r\n\r\nbody\r\n${lastLine}\r\n.`],
    ];
    let last: [string, string] = ['', ''];
    for (const [step, line] of steps) {
      last = [step, (await client.command(line))[0] ?? 'hung up'];
      if (!/^[23]/.test(last[1])) break;
    }
    client.close();
    return last;
  }

  test.each(FAULTS)('smtp-sink %s: refused at %s with %s, copies %j', async (flags, step, reply, copies) => {
    const sink = await Sink.start(flags === '' ? [] : flags.split(' '), port);
    try {
      const last = await attempt('the last line');
      expect(last).toEqual([step, expect.stringMatching(reply)]);
      expect(copies).toContain(sink.copies('the last line'));
    } finally {
      await sink.stop();
    }
  });
});
