import { until } from '../test/relay/arrival.js';
import { type FaultStage, type Leave, type Mail, newMail } from './fault-stage.js';
import type { Attempt, Expected, Observed } from './fault-verdict.js';

/** Something that goes wrong at a certain moment, and what must come of it in the end. */
export type Moment = Readonly<{
  name: string;
  /** Ends the hook's process, which takes seconds. */
  kills: boolean;
  expected: readonly Expected[];
  play(stage: FaultStage): Promise<Observed>;
}>;

function moment(
  name: string,
  expected: Expected | readonly Expected[],
  play: Moment['play'],
  kills = false,
): Moment {
  return {
    name,
    kills,
    expected: [expected].flat(),
    play: async (stage) => {
      await stage.clear();
      return play(stage);
    },
  };
}

/** Ends the process, starts it again, and lets the client repeat what it had no answer to. */
async function killAndRepeat(stage: FaultStage, mail: Mail, first: Promise<Attempt>): Promise<Observed> {
  await stage.hook.kill();
  const attempts = [await first];
  stage.line.onReply = () => undefined;
  stage.line.onCommand = () => undefined;
  stage.heal();
  await stage.hook.restart();
  await until('the rows of the dead process are closed', async () => {
    return !(await stage.hook.outcomes(mail.name)).includes('forwarding');
  });
  return stage.observe(mail, [...attempts, await stage.send(mail)]);
}

/** The mail is sent again, to a well server. */
async function repeat(stage: FaultStage, flags: readonly string[]): Promise<Observed> {
  await stage.break(flags);
  const mail = newMail();
  const first = await stage.send(mail);
  await stage.line.cut();
  stage.heal();
  return stage.observe(mail, [first, await stage.send(mail)]);
}

function leaves(step: Leave): Moment {
  const told: Expected = { heard: [`${step} left`, '. 250'], arrived: 1, journal: ['delivered'] };
  return moment(`client leaves at ${step === '.' ? 'the dot' : step}, repeats`, told, async (stage) => {
    const mail = newMail(step === 'half' ? 400_000 : 0);
    const first = await stage.send(mail, step);
    return stage.observe(mail, [first, await stage.send(mail)]);
  });
}

const LOST = '. 451 4.4.2';
const AGAIN = '. 250 2.6.0';

export const MOMENTS: readonly Moment[] = [
  moment('nobody listens', { heard: ['MAIL 451 4.4.1'], arrived: 0, journal: [] }, async (stage) => {
    stage.line.route(1);
    const mail = newMail();
    return stage.observe(mail, [await stage.send(mail)]);
  }),
  moment(
    'lost in the middle of the content',
    { heard: [LOST], arrived: 0, journal: ['failed'] },
    async (stage) => {
      let octets = 0;
      stage.line.onCommand = (bytes, { hook, next }) => {
        octets += bytes.length;
        if (octets < 600_000) return undefined;
        next.destroy();
        hook.destroy();
        return 'keep';
      };
      const mail = newMail(4_000_000);
      return stage.observe(mail, [await stage.send(mail)]);
    },
  ),
  moment('half a reply to the dot', { heard: [LOST], arrived: 1, journal: ['ambiguous'] }, async (stage) => {
    stage.line.onReply = (bytes, { hook, next }) => {
      if (!bytes.startsWith('250 2.0.0')) return undefined;
      hook.end('250 2.0');
      next.destroy();
      return 'keep';
    };
    const mail = newMail();
    return stage.observe(mail, [await stage.send(mail)]);
  }),
  moment(
    'upstream hangs up while idle',
    { heard: ['. 250'], arrived: 1, journal: ['delivered'] },
    async (stage) => {
      await stage.break(['-t', '1']);
      await stage.send(newMail());
      await until('the sink hangs up', () => stage.line.count() === 0);
      const mail = newMail();
      return stage.observe(mail, [await stage.send(mail)]);
    },
  ),
  moment(
    'upstream says 421 while idle',
    { heard: ['. 250'], arrived: 1, journal: ['delivered'] },
    async (stage) => {
      await stage.send(newMail());
      stage.line.say('421 4.4.2 smtp-sink: idle for too long');
      await stage.line.cut();
      const mail = newMail();
      return stage.observe(mail, [await stage.send(mail)]);
    },
  ),
  leaves('MAIL'),
  leaves('RCPT'),
  leaves('DATA'),
  leaves('half'),
  leaves('undotted'),
  leaves('.'),
  moment(
    'client leaves while upstream thinks, repeats',
    { heard: ['. left', AGAIN], arrived: 1, journal: ['delivered'] },
    async (stage) => {
      await stage.break(['-W', '.:1']);
      const mail = newMail();
      const first = await stage.send(mail, '.');
      await until('the row of the first', async () => {
        return (await stage.hook.outcomes(mail.name)).includes('delivered');
      });
      return stage.observe(mail, [first, await stage.send(mail)]);
    },
  ),
  moment(
    'two clients at the same time',
    { heard: ['. 250', '. 250'], arrived: 1, journal: ['delivered'] },
    async (stage) => {
      await stage.break(['-W', '.:1']);
      const mail = newMail();
      return stage.observe(mail, await Promise.all([stage.send(mail), stage.send(mail)]));
    },
  ),
  moment('repeat after 250', { heard: ['. 250', AGAIN], arrived: 1, journal: ['delivered'] }, (stage) =>
    repeat(stage, []),
  ),
  // What upstream refused it does not answer for: the repeat brings the only copy that anybody keeps.
  moment(
    'repeat after 450 to the dot',
    { heard: ['. 450', '. 250'], arrived: 2, journal: ['refused', 'delivered'] },
    (stage) => repeat(stage, ['-r', '.']),
  ),
  moment(
    'repeat after 450 to DATA',
    { heard: ['. 450', '. 250'], arrived: 1, journal: ['refused', 'delivered'] },
    (stage) => repeat(stage, ['-r', 'DATA']),
  ),
  // Whether upstream keeps what it did not answer is not to be known: the second copy is the price of losing none.
  moment(
    'repeat after 451 ambiguous',
    { heard: [LOST, '. 250'], arrived: 2, journal: ['ambiguous', 'delivered'] },
    (stage) => repeat(stage, ['-q', '.']),
  ),
  moment(
    'hook killed at DATA, repeat',
    { heard: ['. hung up', '. 250'], arrived: 1, journal: ['ambiguous', 'delivered'] },
    async (stage) => {
      const atData = new Promise<void>((resolve) => {
        stage.line.onCommand = (bytes) => {
          if (!bytes.startsWith('DATA')) return undefined;
          resolve();
          return 'keep';
        };
      });
      const mail = newMail();
      const first = stage.send(mail);
      await atData;
      return killAndRepeat(stage, mail, first);
    },
    true,
  ),
  moment(
    'hook killed while upstream thinks, repeat',
    { heard: ['. hung up', '. 250'], arrived: 2, journal: ['ambiguous', 'delivered'] },
    async (stage) => {
      await stage.break(['-W', '.:9']);
      const mail = newMail();
      const first = stage.send(mail);
      await until('the copy', () => stage.copies(mail) === 1);
      return killAndRepeat(stage, mail, first);
    },
    true,
  ),
  // The kill falls before the row is closed or after it: what the row says then is what the repeat goes by.
  moment(
    "hook killed at upstream's 250, repeat",
    [
      { heard: ['. hung up', AGAIN], arrived: 1, journal: ['delivered'] },
      { heard: ['. 250', AGAIN], arrived: 1, journal: ['delivered'] },
      { heard: ['. hung up', '. 250'], arrived: 2, journal: ['ambiguous', 'delivered'] },
    ],
    async (stage) => {
      const answered = new Promise<void>((resolve) => {
        stage.line.onReply = (bytes, { hook }) => {
          if (!bytes.startsWith('250 2.0.0')) return undefined;
          hook.write(bytes, () => resolve());
          return 'keep';
        };
      });
      const mail = newMail();
      const first = stage.send(mail);
      await answered;
      return killAndRepeat(stage, mail, first);
    },
    true,
  ),
  moment(
    'answer lost on its way, hook killed, repeat',
    { heard: ['. left', AGAIN], arrived: 1, journal: ['delivered'] },
    async (stage) => {
      const mail = newMail();
      const first = await stage.send(mail, '.');
      await until('the row', async () => (await stage.hook.outcomes(mail.name)).includes('delivered'));
      return killAndRepeat(stage, mail, Promise.resolve(first));
    },
    true,
  ),
];
