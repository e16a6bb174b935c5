import { staticUrlOf } from '../company/company.js';
import { listCredentials } from '../company/credentials.js';
import type { Company } from '../company/store.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { type Choice, choiceOf, type Dimension, spanBefore } from './choice.js';
import { type Expiring, expiringCredits } from './credit-queries.js';
import { dayOf, stepsBetween } from './days.js';
import {
  countDevices,
  type DeviceCounts,
  type Happening,
  listHappenings,
  listMessages,
  type MessageRow,
  type Range,
} from './queries.js';
import {
  type Figures,
  figuresBy,
  figuresOf,
  filled,
  type KeyedFigures,
  projectedDay,
  type Standing,
  standingOf,
} from './stats.js';

/** What a mail administrator enters to route mail through us. The password was shown once and is not kept. */
export type Connection = Readonly<{
  host: string;
  port: number;
  tls: boolean;
  usernames: readonly string[];
  staticUrl: string;
  policy: Company['policy'];
}>;

/** Figures of a span, and over its steps. */
export type Course = Readonly<{
  from: string;
  to: string;
  figures: Figures;
  series: readonly KeyedFigures[];
}>;

/** One dimension of the figures. Of devices only clicks are known. */
export type Breakdown =
  | Readonly<{ of: Exclude<Dimension, 'device'>; rows: readonly KeyedFigures[] }>
  | Readonly<{ of: 'device'; rows: readonly DeviceCounts[] }>;

export type Overview = Readonly<{
  company: Company;
  choice: Choice;
  /** The last day that there are figures for, in the company's time zone. */
  today: string;
  standing: Standing;
  projected: string | undefined;
  expiring: Expiring;
  course: Course;
  /** The period before, where it is compared. */
  before: Course | undefined;
  breakdown: Breakdown;
  happenings: readonly Happening[];
  messages: readonly MessageRow[];
  connection: Connection;
  /** Nothing has passed yet: the page shows what to do next. */
  fresh: boolean;
}>;

/** A credit that ends sooner than this is worth a word. */
const EXPIRING_DAYS = 60;
const HAPPENINGS = 6;
const MESSAGES = 6;

export async function connectionOf(deps: Deps, company: Company): Promise<Connection> {
  const credentials = await listCredentials(deps.db, company.id);
  return {
    host: new URL(deps.config.baseUrl).hostname,
    port: deps.config.smtpPort,
    tls: deps.config.smtpTls !== undefined,
    usernames: credentials.flatMap((one) => (one.username && !one.revokedAt ? [one.username] : [])),
    staticUrl: staticUrlOf(deps.config, company),
    policy: company.policy,
  };
}

async function courseOf(
  db: Queryable,
  companyId: string,
  range: Range,
  step: Choice['step'],
): Promise<Course> {
  const { from, to } = range;
  const [figures, series] = await Promise.all([
    figuresOf(db, companyId, range),
    figuresBy(db, companyId, range, step),
  ]);
  return { from, to, figures, series: filled(series, stepsBetween(from, to, step)) };
}

async function breakdownOf(
  db: Queryable,
  companyId: string,
  range: Range,
  of: Dimension,
): Promise<Breakdown> {
  if (of === 'device') return { of, rows: await countDevices(db, companyId, range) };
  return { of, rows: await figuresBy(db, companyId, range, of) };
}

/** Everything that the first page of a company shows. */
export async function overviewOf(deps: Deps, company: Company, query: unknown): Promise<Overview> {
  const now = deps.clock();
  const { reads: db } = deps;
  const { id, timeZone } = company;
  const today = dayOf(now, timeZone);
  const choice = choiceOf(query, today);
  const { from, to, step } = choice;
  const range = { from, to, timeZone };
  const standing = await standingOf(db, id, now);
  const [projected, expiring, course, before, breakdown, happenings, messages, connection] =
    await Promise.all([
      projectedDay(db, id, standing.referrals.remaining, now, timeZone),
      expiringCredits(db, id, now, EXPIRING_DAYS),
      courseOf(db, id, range, step),
      choice.compare ? courseOf(db, id, { ...spanBefore(choice), timeZone }, step) : undefined,
      breakdownOf(db, id, range, choice.of),
      listHappenings(db, id, HAPPENINGS),
      listMessages(db, id, { limit: MESSAGES }),
      connectionOf(deps, company),
    ]);
  const fresh = messages.length === 0 && happenings.length === 0 && course.figures.notices === 0;
  const shown = { standing, projected, expiring, course, before, breakdown, happenings, messages };
  return { company, choice, today, ...shown, connection, fresh };
}
