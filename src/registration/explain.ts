import type { Queryable } from '../db/db.js';
import { findLink } from '../link/store.js';
import type { Attribution } from './attribute.js';
import { findParked } from './parked-store.js';
import type { Registration } from './store.js';

const MOST_CLICKS = 100;

type Rule =
  | Extract<Attribution, { rule: string }>['rule']
  | Extract<Attribution, { reason: string }>['reason'];

/** Why a registration was credited as it was, in a sentence that both sides can be shown. */
const BECAUSE: Readonly<Record<Rule, string>> = {
  link_in_window: 'The link that was named was made for this company within the attribution window.',
  click_in_window: 'The link is older than the attribution window, but a person opened it within the window.',
  static_link: "The company's own permanent link was named; it has no age.",
  last_click_in_window: 'The click that was named leads to a link that a person opened within the window.',
  nothing_named: 'Neither a code nor a click was named.',
  unknown_code: 'No link has the code that was named.',
  expired: 'The link and its clicks are older than the attribution window.',
  unknown_click: 'No click has the id that was named.',
  no_person_clicked: 'The link of the click that was named was opened by programs only.',
};

export function because(attribution: Attribution): string {
  return BECAUSE[attribution.kind === 'unattributed' ? attribution.reason : attribution.rule];
}

async function mailsOf(db: Queryable, code: string) {
  return db.query(
    `SELECT id, received_at AS "receivedAt", verdict, action, outcome FROM messages
     WHERE code = $1 ORDER BY received_at, id`,
    [code],
  );
}

async function clicksOf(db: Queryable, code: string) {
  return db.query(
    'SELECT id, at, class, cues FROM clicks WHERE ARRAY[code] @> ARRAY[$1] ORDER BY at, id LIMIT $2',
    [code, MOST_CLICKS],
  );
}

async function entriesOf(db: Queryable, registrationId: string) {
  return db.query(
    `SELECT company_id AS "companyId", sequence, kind, actor, cause, at, rule_id AS "ruleId" FROM ledger_entries
     WHERE registration_id = $1 ORDER BY at, sequence`,
    [registrationId],
  );
}

/** The times of a registration: what the agency is shown beside what it reported. */
export function timesOf(registration: Registration) {
  const { origin, createdAt, occurredAt, verifiedAt, countedAt, reversedAt, erasedAt } = registration;
  return { origin, createdAt, occurredAt, verifiedAt, countedAt, reversedAt, erasedAt };
}

/** What a registration waits or waited for, without the domain of its person. */
async function parkedOf(db: Queryable, registrationId: string) {
  const parked = await findParked(db, registrationId);
  if (!parked) return null;
  const { domain: _domain, ...shown } = parked;
  return shown;
}

/** The whole chain, for the operator: mail, link, clicks, registration, ledger. Names no person. */
export async function chainOf(db: Queryable, registration: Registration) {
  const { attribution } = registration;
  const code = registration.code ?? ('code' in attribution ? attribution.code : null);
  const link = code === null ? undefined : await findLink(db, code);
  return {
    mails: code === null ? [] : await mailsOf(db, code),
    link: link && {
      code: link.code,
      companyId: link.companyId,
      kind: link.kind,
      origin: link.origin,
      createdAt: link.createdAt,
      job: link.job,
      stage: link.stage,
      source: link.source,
    },
    clicks: code === null ? [] : await clicksOf(db, code),
    parked: await parkedOf(db, registration.id),
    ledger: await entriesOf(db, registration.id),
  };
}
