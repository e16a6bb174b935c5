/**
 * The smuggling table: `npm run smuggling [-- --json]`. Each sequence is sent to the hook (inbound), and handed to the way
 * out as if nobody had looked at it (outbound), as one segment and byte by byte. Printed is what the hook answered, and
 * how many messages servers of different carelessness would find in the bytes that reached the next one: as many as were
 * sent, or none. Ends with status 1 where a row is BAD.
 */
import { parseArgs } from 'node:util';
import { ScriptedUpstream } from '../test/relay/peers.js';
import { startMailHook } from './mail-hook.js';
import { READINGS, type Reading, SMUGGLING_ROWS } from './smuggling-rows.js';
import { type Trial, tryInbound, tryOutbound, WAYS } from './smuggling-trial.js';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const NAMES = Object.keys(READINGS) as Reading[];

function line(trial: Trial): string {
  const { row, direction, way, answers, seen, verdict } = trial;
  const counts = NAMES.map((name) => String(seen[name].messages).padEnd(name.length)).join('  ');
  const heard = answers.map((answer) => answer.slice(0, 40)).join(' | ');
  return `${row.padEnd(16)} ${direction.padEnd(8)} ${way.padEnd(12)} ${counts}  ${verdict.padEnd(3)}  ${heard}`;
}

async function run(): Promise<Trial[]> {
  const next = await ScriptedUpstream.start();
  const hook = await startMailHook(next.port);
  const trials: Trial[] = [];
  try {
    for (const row of SMUGGLING_ROWS) {
      for (const way of WAYS) trials.push(await tryInbound(hook, next, row, way));
    }
    next.hangUpAll();
    for (const row of SMUGGLING_ROWS) for (const way of WAYS) trials.push(await tryOutbound(next, row, way));
    return trials;
  } finally {
    await hook.stop();
    await next.close();
  }
}

const trials = await run();
const bad = trials.filter((trial) => trial.verdict === 'BAD');
if (options.json) console.log(JSON.stringify(trials, null, 2));
else {
  console.log(`${''.padEnd(39)}messages at the next server by reading`);
  console.log(`${'sequence'.padEnd(16)} ${''.padEnd(21)} ${NAMES.join('  ')}  verdict  answers`);
  for (const trial of trials) console.log(line(trial));
  console.log(`${trials.length} trials, ${bad.length} BAD`);
}
if (bad.length > 0) process.exitCode = 1;
