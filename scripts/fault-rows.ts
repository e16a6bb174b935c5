import type { Expected } from './fault-verdict.js';
import type { Outcome } from './mail-hook.js';

/**
 * `fresh`: the hook's pool is empty, and every connection leads to the fault.
 * `reused`: the connection that served the mail before, and every other, lead to it.
 * `reused, then well`: only the connection that served the mail before leads to it.
 */
export const LINES = ['fresh', 'reused', 'reused, then well'] as const;
export type Line = (typeof LINES)[number];

/** A fault of smtp-sink, the line that it meets, and exactly what must come of it. */
export type SinkRow = Readonly<{
  name: string;
  flags: readonly string[];
  line: Line;
  /** Where the fault strikes before a transaction: a standing connection never meets it. */
  atConnecting: boolean;
  /** The mail before is given up after RCPT, and meets the fault at the RSET that this costs. */
  abandonsFirst?: boolean;
  expected: readonly Expected[];
}>;

const KINDS = {
  '-q': { drops: true, reply: undefined },
  '-Q': { drops: true, reply: '421 ' },
  '-r': { drops: false, reply: '450 4.3.0 Error: command failed' },
  '-f': { drops: false, reply: '500 5.3.0 Error: command failed' },
} as const;
type Kind = keyof typeof KINDS;
const PHASES = ['CONNECT', 'EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', '.', 'RSET', 'QUIT'] as const;
type Phase = (typeof PHASES)[number];

function outcome(heard: string, arrived: number, ...journal: Outcome[]): Expected {
  return { heard: [heard], arrived, journal };
}
const WELL = outcome('. 250 2.0.0 Ok', 1, 'delivered');
const UNREACHABLE = outcome('MAIL 451 4.4.1', 0);

/**
 * smtp-sink decides before it looks at its flags for the dot: by then the message is in its file. So at the dot a copy has
 * arrived whatever it says; what it says decides whether it answers for that copy.
 */
function expectedOf(kind: Kind, phase: Phase, line: Line): Expected {
  const { drops, reply } = KINDS[kind];
  switch (phase) {
    case 'CONNECT':
    case 'HELO':
      return line === 'fresh' ? UNREACHABLE : WELL;
    case 'EHLO':
      // Refused, EHLO is followed by HELO.
      return line === 'fresh' && drops ? UNREACHABLE : WELL;
    case 'MAIL':
    case 'RCPT':
      if (drops && line === 'reused, then well') return WELL;
      return outcome(`${phase} ${reply ?? '451 4.4.1'}`, 0);
    case 'DATA':
      if (drops && line === 'reused, then well') return WELL;
      return outcome(`. ${reply ?? '451 4.4.2'}`, 0, reply ? 'refused' : 'failed');
    case '.':
      return outcome(`. ${reply ?? '451 4.4.2'}`, 1, reply ? 'refused' : 'ambiguous');
    case 'RSET':
    case 'QUIT':
      return WELL;
  }
}

/** Whether the row says anything: a fault at connecting is one for all standing connections. */
function isTold(phase: Phase, line: Line): boolean {
  if (phase === 'RSET') return line === 'reused';
  if (phase === 'QUIT') return line === 'fresh';
  return line !== 'reused, then well' || ['MAIL', 'RCPT', 'DATA', '.'].includes(phase);
}

const CROSSED: readonly SinkRow[] = (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
  PHASES.flatMap((phase) =>
    LINES.filter((line) => isTold(phase, line)).map((line) => {
      const flags = [...(phase === 'HELO' ? ['-e'] : []), kind, phase];
      return {
        name: flags.join(' '),
        flags,
        line,
        atConnecting: ['CONNECT', 'EHLO', 'HELO'].includes(phase),
        abandonsFirst: phase === 'RSET',
        expected: [expectedOf(kind, phase, line)],
      };
    }),
  ),
);

function single(flags: readonly string[], expected: readonly Expected[] = [WELL]): SinkRow {
  return { name: flags.join(' ') || 'none', flags, line: 'fresh', atConnecting: false, expected };
}

/** smtp-sink's own words, what it leaves out of its offers, and its delays (seconds). */
const OTHERS: readonly SinkRow[] = [
  single([]),
  ...['-8', '-a', '-C', '-e', '-E', '-F', '-N', '-p', '-P'].map((flag) => single([flag])),
  single(['-b', '451 4.7.1 Greylisted', '-r', 'RCPT'], [outcome('RCPT 451 4.7.1 Greylisted', 0)]),
  single(['-B', '550 5.1.1 Nobody', '-f', 'RCPT'], [outcome('RCPT 550 5.1.1 Nobody', 0)]),
  single(['-B', '554 5.7.1 Not here', '-f', '.'], [outcome('. 554 5.7.1 Not here', 1, 'refused')]),
  ...['MAIL', 'RCPT', 'DATA', '.'].map((phase) => single(['-W', `${phase}:1`])),
  single(['-w', '1']),
  single(['-H', '1', '-T', '2048']),
  // 550 in the middle of the content, and a connection closed with octets unread: which of the two is heard first is TCP's.
  single(['-A', '0'], [outcome('. 550', 0, 'refused'), outcome('. 451 4.4.2', 0, 'ambiguous')]),
  single(['-A', '1'], [outcome('. 550', 0, 'refused'), outcome('. 451 4.4.2', 0, 'ambiguous')]),
];

export const SINK_ROWS: readonly SinkRow[] = [...OTHERS, ...CROSSED];
