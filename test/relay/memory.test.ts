import { writeFileSync } from 'node:fs';
import { memoryOf } from '../../scripts/bench-hook.js';
import { attached } from '../../scripts/bench-letters.js';
import { FaultLine } from '../../scripts/fault-line.js';
import { type MailHook, startMailHook } from '../../scripts/mail-hook.js';
import { type MailSink, startSink } from '../../scripts/mail-sink.js';
import { FROM_SOURCE } from '../../scripts/server-process.js';
import { describeWith } from '../harness/programs.js';
import { until } from './arrival.js';
import { RawClient } from './peers.js';

const MAILS = 24;
const MEGABYTES = 8;
/**
 * Megabytes that the process may grow meanwhile. Measured: 8 to 11; some 40 less than 192 when all are held in memory, since
 * so much of what it has is free after its start.
 */
const BOUND = 75;

const describeOnLinux: typeof describeWith = (programs, name, body) =>
  process.platform === 'linux' ? describeWith(programs, name, body) : describe.skip(name, body);

describeOnLinux('smtp-sink', 'large mails', () => {
  let sink: MailSink;
  let line: FaultLine;
  let hook: MailHook;
  beforeAll(async () => {
    sink = await startSink();
    line = await FaultLine.start();
    line.route(sink.port);
    hook = await startMailHook(line.port, FROM_SOURCE);
  });
  afterAll(async () => {
    await hook.stop();
    await line.close();
    await sink.stop();
  });

  const content = attached(MEGABYTES * 1_000_000);
  async function send(): Promise<string> {
    const client = await RawClient.connect(hook.port);
    await client.signIn(hook.auth);
    for (const command of ['MAIL FROM:<recruit@aoba.example>', 'RCPT TO:<taro@example.com>', 'DATA']) {
      const answer = (await client.command(command))[0] ?? '';
      if (!/^[23]/.test(answer)) return answer;
    }
    client.send(content);
    const answer = (await client.reply())[0] ?? 'hung up';
    client.close();
    return answer;
  }

  test(`${MAILS} of ${MEGABYTES} MB, all received and none forwarded, are not in memory`, async () => {
    for (let warm = 0; warm < 3; warm += 1) expect(await send()).toMatch(/^250/);

    // What starting took is not asked: the peak begins anew (proc(5)).
    writeFileSync(`/proc/${hook.process.pid}/clear_refs`, '5');
    const before = memoryOf(hook.process).now;
    const held: (() => void)[] = [];
    line.onCommand = (bytes, { next }) => {
      if (bytes !== 'DATA\r\n') return undefined;
      held.push(() => next.write(bytes));
      return 'keep';
    };
    const answers = Promise.all(Array.from({ length: MAILS }, send));
    await until('all mails are taken in', () => held.length === MAILS);
    const growth = memoryOf(hook.process).now - before;
    for (const release of held) release();
    const codes = (await answers).map((answer) => answer.slice(0, 3));
    expect(codes).toEqual(Array(MAILS).fill('250'));
    await until('the sink has counted', () => sink.count() === MAILS + 3);
    expect(memoryOf(hook.process).peak - before).toBeLessThan(BOUND);
    expect(growth).toBeLessThan(BOUND);
  });
});
