import { replayClicks } from '../../src/click/replay.js';
import type { Click } from '../../src/click/store.js';
import type { Visitor } from '../../src/click/visitor.js';
import type { Db } from '../../src/db/db.js';
import { rollUp } from '../../src/figures/rollup.js';
import type { Bucket, Range } from '../../src/figures/store.js';
import { uuid7 } from '../../src/id.js';
import { createRandomBytes } from '../../src/random.js';

const CLASSES = ['human', 'human', 'suspected', 'scanner', 'bot', 'prefetch'] as const;
const OUTCOMES = ['delivered', 'delivered', 'refused', 'ambiguous'] as const;
const LABELS = [null, 'Sales', 'Design'] as const;
const ZONES = ['Asia/Tokyo', 'America/New_York', 'Asia/Kathmandu', 'UTC'] as const;
const DAY = 86_400_000;
const VISITOR: Visitor = {
  visitorClass: 'human',
  cue: 'agent_browser',
  method: 'GET',
  agent: null,
  browser: null,
  os: null,
  device: null,
  prefetch: false,
  traceable: false,
};

/** What can happen to a company, each with a number that says which, whose or how much. */
export const HAPPENINGS = [
  'link',
  'message',
  'close',
  'click',
  'click',
  'late click',
  'reclassify',
  'register',
  'count',
  'reverse',
  'minutes pass',
  'days pass',
  'roll up',
  'roll up',
  'move',
] as const;
export type Happening = Readonly<{ what: (typeof HAPPENINGS)[number]; by: number }>;

const random = createRandomBytes();
const pick = <T>(from: readonly T[], by: number): T => from[by % from.length]!;

/** One company with everything that happened to it, in a database with a clock. */
export function createHistory(db: Db, clock: { at: number }) {
  const now = () => new Date(clock.at);
  const newId = () => uuid7(now(), random(10));
  const companyId = newId();
  const slug = `c${companyId}`;
  const codes: string[] = [];
  const clicks: string[] = [];
  const messages: string[] = [];
  const registrations: string[] = [];
  let timeZone: string = 'Asia/Tokyo';

  const steps: Record<Happening['what'], (by: number) => Promise<unknown>> = {
    async link(by) {
      const code = newId().slice(-20);
      codes.push(code);
      await db.query(
        `INSERT INTO links (code, company_id, kind, origin, job, stage, source, created_at)
         VALUES ($1, $2, 'candidate', $3, $4, $5, $6, $7)`,
        [
          code,
          companyId,
          pick(['api', 'smtp'], by),
          pick(LABELS, by),
          pick(LABELS, by >> 2),
          pick(LABELS, by >> 4),
          now(),
        ],
      );
    },
    async message(by) {
      const id = newId();
      messages.push(id);
      const inserted = by % 3 === 0;
      await db.query(
        `INSERT INTO messages (id, company_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
           rules_version, action, reason, job, stage, source, outcome)
         VALUES ($1, $2, $3, $4, '', '{}', 1, $5, '[]', 1, $6, $7, $8, $9, $10, 'forwarding')`,
        [
          id,
          companyId,
          now(),
          random(8),
          pick(['rejection', 'unsure', 'other'], by >> 1),
          inserted ? 'inserted' : 'untouched',
          inserted ? null : 'shadow',
          pick(LABELS, by),
          pick(LABELS, by >> 2),
          pick(LABELS, by >> 4),
        ],
      );
    },
    async close(by) {
      if (messages.length === 0) return;
      await db.query(
        `UPDATE messages SET outcome = $2, finished_at = $3 WHERE id = $1 AND outcome IN ('forwarding', 'ambiguous')`,
        [pick(messages, by), pick(OUTCOMES, by), now()],
      );
    },
    async click(by) {
      await click(by, now().getTime(), false);
    },
    async 'late click'(by) {
      await click(by, now().getTime() - (by % 45) * DAY - by, true);
    },
    async reclassify(by) {
      if (clicks.length === 0) return;
      if (by % 5 === 0) {
        await db.query('UPDATE clicks SET device = NULL, os = NULL WHERE id = $1', [pick(clicks, by)]);
        return;
      }
      await db.query('UPDATE clicks SET class = $2 WHERE id = $1', [
        pick(clicks, by),
        pick(CLASSES, by >> 3),
      ]);
    },
    async register(by) {
      const id = newId();
      registrations.push(id);
      const byClick = by % 2 === 0 && clicks.length > 0;
      await db.query(
        `INSERT INTO registrations (id, company_id, external_id, origin, input_hash, code, click_id, status, attribution,
           created_at, occurred_at) VALUES ($1, $2, $1::uuid::text, 'form', '', $3, $4, 'pending', '{}', $5, $5)`,
        [
          id,
          companyId,
          byClick || codes.length === 0 ? null : pick(codes, by),
          byClick ? pick(clicks, by) : null,
          now(),
        ],
      );
    },
    async count(by) {
      if (registrations.length === 0) return;
      await db.query(
        `UPDATE registrations SET status = 'verified', counted = true, counted_at = $2 WHERE id = $1 AND reversed_at IS NULL`,
        [pick(registrations, by), now()],
      );
    },
    async reverse(by) {
      if (registrations.length === 0) return;
      await db.query(
        `UPDATE registrations SET status = 'reversed', counted = false, reason = 'reversed', reversed_at = $2 WHERE id = $1`,
        [pick(registrations, by), now()],
      );
    },
    async 'minutes pass'(by) {
      clock.at += (by % 120) * 60_000;
    },
    async 'days pass'(by) {
      clock.at += (by % 25) * DAY + by;
    },
    'roll up': () => rollUp({ db, clock: now }),
    async move(by) {
      timeZone = pick(ZONES, by);
      await db.query('UPDATE companies SET time_zone = $2 WHERE id = $1', [companyId, timeZone]);
    },
  };

  async function click(by: number, at: number, late: boolean): Promise<void> {
    if (codes.length === 0) return;
    const id = uuid7(new Date(at), random(10));
    clicks.push(id);
    const visitorClass = pick(CLASSES, by >> 2);
    if (late) {
      const visitor = { ...VISITOR, visitorClass };
      const common = { id, at, host: '', visitorHash: '', asn: null, visitor };
      const named: Click =
        by % 7 === 0
          ? { ...common, by: 'slug', key: slug, labels: { job: 'Sales' } }
          : { ...common, by: 'code', key: pick(codes, by) };
      await replayClicks(db, [named]);
      return;
    }
    await db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, device, os)
       VALUES ($1, $2, $3, $4, $5, '{}', 1, 'GET', $6, $7)`,
      [
        id,
        new Date(at),
        pick(codes, by),
        companyId,
        visitorClass,
        pick([null, 'mobile'], by),
        pick(['iOS', null, 'Windows'], by),
      ],
    );
  }

  return {
    companyId,
    async begin(): Promise<void> {
      await db.query(`INSERT INTO companies (id, slug, name, created_at) VALUES ($1, $2, 'History', $3)`, [
        companyId,
        slug,
        now(),
      ]);
      await db.query(
        `INSERT INTO links (code, company_id, kind, origin, created_at) VALUES ($1, $2, 'static', 'static', $3)`,
        [`s${companyId.slice(-18)}`, companyId, now()],
      );
    },
    happen: ({ what, by }: Happening) => steps[what](by),
    /** Ranges that begin and end in months, at their borders, and nowhere. */
    ranges(): Range[] {
      const day = (ago: number) => new Date(clock.at - ago * DAY).toISOString().slice(0, 10);
      const month = `${day(20).slice(0, 7)}-01`;
      return [
        { from: '-infinity', to: 'infinity', timeZone },
        { from: day(6), to: day(0), timeZone },
        { from: day(40), to: day(10), timeZone },
        { from: day(75), to: 'infinity', timeZone },
        { from: month, to: day(3), timeZone },
        { from: '-infinity', to: day(15), timeZone },
      ];
    },
  };
}

export const BUCKETS: readonly Bucket[] = ['all', 'day', 'week', 'month', 'job', 'stage', 'source', 'device'];
