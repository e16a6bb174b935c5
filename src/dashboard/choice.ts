import { z } from 'zod';
import { addDays, isDay, type Step } from './days.js';

/** Spans that end today, in days. */
export const PRESETS = [7, 30, 90, 365] as const;
export const STEPS = ['day', 'week', 'month'] as const satisfies readonly Step[];
/** What figures are broken down by. */
export const DIMENSIONS = ['job', 'stage', 'source', 'language', 'mailDomain', 'device'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What the overview shows. */
export type Choice = Readonly<{
  /** Which of the spans it is; undefined: days that somebody chose. */
  preset: (typeof PRESETS)[number] | undefined;
  /** Days in the company's time zone, both inclusive. */
  from: string;
  to: string;
  step: Step;
  /** Whether the period before stands beside. */
  compare: boolean;
  of: Dimension;
  /** The days that were asked for are none, or the wrong way round: the usual ones are shown. */
  isFaulty: boolean;
}>;

const USUAL = 30;
/** More points than this no plot of ours shows: the next longer step takes their place. */
const MOST_POINTS = 400;
/** No figures are older; it also bounds what one page asks of the database. */
const LONGEST = 5 * 366;

const day = z.string().refine(isDay);
const choiceQuery = z.object({
  days: z.coerce
    .number()
    .pipe(z.literal([...PRESETS]))
    .optional()
    .catch(undefined),
  from: z.string().optional().catch(undefined),
  to: z.string().optional().catch(undefined),
  by: z.enum(STEPS).optional().catch(undefined),
  compare: z.literal('1').optional().catch(undefined),
  of: z.enum(DIMENSIONS).catch('job'),
});

/** How many days a span has, both ends counted. */
export function daysOf({ from, to }: Readonly<{ from: string; to: string }>): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
}

function usualStep(days: number): Step {
  if (days <= 45) return 'day';
  return days <= 200 ? 'week' : 'month';
}

type Span = Readonly<{ from: string; to: string }>;

function spanEnding(today: string, days: number): Span {
  return { from: addDays(today, 1 - days), to: today };
}

/** The days that a form asks for; undefined where they are none. The future has no figures: it ends today. */
function spanAsked(asked: Readonly<{ from?: string; to?: string }>, today: string): Span | undefined {
  const both = z.object({ from: day, to: day }).safeParse({ from: asked.from, to: asked.to || today });
  if (!both.success) return undefined;
  const { from } = both.data;
  const to = both.data.to > today ? today : both.data.to;
  return from <= to && daysOf({ from, to }) <= LONGEST ? { from, to } : undefined;
}

/** Reads what an address asks for. Never refuses: what is faulty falls back to the usual, and says so. */
export function choiceOf(query: unknown, today: string): Choice {
  const { days, from, to, by, compare, of } = choiceQuery.parse(query ?? {});
  const isAsked = days === undefined && (from !== undefined || to !== undefined);
  const asked = isAsked ? spanAsked({ from, to }, today) : undefined;
  const preset = asked ? undefined : (days ?? USUAL);
  const span = asked ?? spanEnding(today, preset ?? USUAL);
  const length = daysOf(span);
  const step = by === undefined || (by === 'day' && length > MOST_POINTS) ? usualStep(length) : by;
  return { preset, ...span, step, compare: compare === '1', of, isFaulty: isAsked && !asked };
}

/** As many days, right before. */
export function spanBefore(span: Span): Span {
  const to = addDays(span.from, -1);
  return { from: addDays(to, 1 - daysOf(span)), to };
}

/** The address of the overview with something chosen otherwise. Another span brings its usual step. */
export function hrefOf(choice: Choice, changes: Partial<Choice>): string {
  const { preset, from, to, step, compare, of } = { ...choice, ...changes };
  const query = new URLSearchParams(preset ? { days: String(preset) } : { from, to });
  const isSameSpan = preset === choice.preset && from === choice.from && to === choice.to;
  if (isSameSpan) query.set('by', step);
  if (compare) query.set('compare', '1');
  if (of !== 'job') query.set('of', of);
  return `/dashboard?${query}`;
}
