/**
 * The fault matrix of the mail hook: `npm run faults:mail [-- --only TEXT] [--json]`. Every fault of Postfix's smtp-sink at
 * every phase, on a fresh upstream connection, on the one that served the mail before, and on that one alone; then what
 * no sink can do: clients that leave, replies cut off, repeats, and the hook ended by kill -9. Printed is what the client
 * heard in each attempt, how many whole copies arrived (by the sink's own files), what the journal says, and
 * whether that is exactly what must come of it. Ends with status 1 where a row is BAD. The built program as a process of
 * its own on the embedded database; needs Postfix's smtp-sink.
 */
import { parseArgs } from 'node:util';
import { MOMENTS } from './fault-moments.js';
import { SINK_ROWS } from './fault-rows.js';
import { FaultStage } from './fault-stage.js';
import { type Expected, faultsOf, type Observed, wordOf } from './fault-verdict.js';

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
});

type Played = Observed & Readonly<{ fault: string; line: string; faults: readonly string[] }>;
type Row = Readonly<{
  name: string;
  line: string;
  expected: readonly Expected[];
  play(stage: FaultStage): Promise<Observed>;
}>;

const ROWS: readonly Row[] = [
  ...SINK_ROWS.map((row): Row => ({ ...row, play: (stage) => stage.play(row) })),
  ...MOMENTS.map((moment): Row => ({ ...moment, line: '' })),
];

function print({ fault, line, attempts, arrived, journal, faults }: Played): void {
  const codes = attempts.map((attempt) => attempt.codes.join(' ')).join(' → ');
  const heard = attempts.map((attempt) => wordOf(attempt).slice(0, 28)).join(' → ');
  const verdict = faults.length === 0 ? 'OK' : `BAD: ${faults.join('; ')}`;
  console.log(
    `${(line ? `${fault}, ${line}` : fault).padEnd(44)} ${codes.padEnd(33)} ${heard.padEnd(44)} ${arrived}  ${journal.join(', ').padEnd(20)} ${verdict}`,
  );
}

const stage = await FaultStage.start();
const played: Played[] = [];
try {
  if (!options.json)
    console.log(
      `${'fault'.padEnd(45)} ${'line'.padEnd(17)} ${'heard last'.padEnd(46)} copies, journal, verdict`,
    );
  for (const { name, line, expected, play } of ROWS) {
    if (!name.includes(options.only)) continue;
    const observed = await play(stage);
    played.push({ fault: name, line, ...observed, faults: faultsOf(expected, observed) });
    if (!options.json) print(played.at(-1)!);
  }
} finally {
  await stage.stop();
}
const bad = played.filter(({ faults }) => faults.length > 0);
if (options.json) console.log(JSON.stringify(played, null, 2));
else console.log(`${played.length} rows, ${bad.length} BAD`);
if (bad.length > 0) process.exitCode = 1;
