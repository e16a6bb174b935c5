import { MOMENTS } from '../../scripts/fault-moments.js';
import { SINK_ROWS, type SinkRow } from '../../scripts/fault-rows.js';
import { FaultStage } from '../../scripts/fault-stage.js';
import { brokenPromises, faultsOf, type Observed } from '../../scripts/fault-verdict.js';
import { FROM_SOURCE } from '../../scripts/server-process.js';
import { describeWith } from '../harness/programs.js';

/** Delays, and refusals where hanging up is played too, are left to `npm run faults:mail`. */
function isShort({ flags, line }: SinkRow): boolean {
  if (flags.some((flag) => ['-A', '-H', '-w', '-W', '-B', '-b'].includes(flag))) return false;
  return line === 'fresh' || flags.includes('-q') || flags.includes('-Q');
}
const KILL = 'hook killed while upstream thinks, repeat';

describeWith('smtp-sink', 'faults of upstream', () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await FaultStage.start(FROM_SOURCE);
  });
  afterAll(() => stage.stop());

  test.each(SINK_ROWS.filter(isShort).map((row) => [row.name, row.line, row] as const))(
    'smtp-sink %s, %s',
    async (_name, _line, row) => {
      const observed = await stage.play(row);
      expect({ ...observed, faults: faultsOf(row.expected, observed) }).toMatchObject({ faults: [] });
    },
  );
  test.each(
    MOMENTS.filter(({ kills, name }) => !kills || name === KILL).map((one) => [one.name, one] as const),
  )('%s', async (_name, { expected, play }) => {
    const observed = await play(stage);
    expect({ ...observed, faults: faultsOf(expected, observed) }).toMatchObject({ faults: [] });
  });
});

describe('what the verdict on a fault finds', () => {
  const well: Observed = {
    attempts: [{ codes: [], step: '.', reply: '250 2.0.0 Ok' }],
    arrived: 1,
    journal: ['delivered'],
  };
  const expected = [{ heard: ['. 250'], arrived: 1, journal: ['delivered'] as const }];
  test('nothing, where all is well', () => {
    expect(faultsOf(expected, well)).toEqual([]);
  });
  test.each<[string, Partial<Observed>]>([
    ['250 and nothing arrived', { arrived: 0 }],
    ['250 and no row says delivered', { journal: ['ambiguous'] }],
    ['a copy that the journal does not know', { arrived: 2 }],
    ['delivered twice', { arrived: 2, journal: ['delivered', 'delivered'] }],
    ['a row says delivered and nothing arrived', { arrived: 0 }],
    ['a row stands open', { journal: ['delivered', 'forwarding'] }],
  ])('%s', (broken, difference) => {
    expect(brokenPromises({ ...well, ...difference })).toContain(broken);
  });
  test.each<[string, Partial<Observed>]>([
    ['another answer', { attempts: [{ codes: [], step: '.', reply: '451 4.4.2 lost' }] }],
    ['an answer to another step', { attempts: [{ codes: [], step: 'DATA', reply: '250 2.0.0 Ok' }] }],
    ['a second attempt', { attempts: [well.attempts[0]!, well.attempts[0]!] }],
    ['another outcome', { journal: ['ambiguous', 'delivered'] }],
    ['no copy', { arrived: 0, journal: [] }],
  ])('%s than expected', (_name, difference) => {
    expect(faultsOf(expected, { ...well, ...difference })).toContain('not what was expected');
  });
});
