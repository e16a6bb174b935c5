import { giveCredential, takeCredential } from '../../src/company/credential-desk.js';
import { inviteMember } from '../../src/company/member-desk.js';
import { changeCompany } from '../../src/company/settings.js';
import type { Company } from '../../src/company/store.js';
import { approveAdjustment, proposeAdjustment } from '../../src/credit/adjustment.js';
import { exclude } from '../../src/credit/exclusion.js';
import { postReferral, redeem } from '../../src/credit/ledger.js';
import { changeRules } from '../../src/credit/program-change.js';
import { reconcile } from '../../src/credit/reconciliation.js';
import { listMessages } from '../../src/dashboard/queries.js';
import { uuid7 } from '../../src/id.js';
import { mintLinks } from '../../src/link/mint.js';
import { mailDomainOf } from '../../src/mail-domain.js';
import type { TestApp } from '../harness/app.js';

const JOBS = ['営業職', 'エンジニア', '製造オペレーター', '経理'] as const;
const STAGES = ['書類選考', '一次面接', '最終面接'] as const;
const DEVICES = ['iPhone', 'Windows', 'Android', 'macOS'] as const;
const MAILBOXES = ['gmail.com', 'yahoo.co.jp', 'icloud.com', 'docomo.ne.jp', 'firm.example'] as const;
const DAY = 86_400_000;

/** The same "random" numbers at each run (mulberry32): pictures and sums do not move. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(roll: () => number, from: readonly T[]): T {
  return from[Math.floor(roll() * roll() * from.length)]!;
}

type Mail = {
  at: Date;
  job: string;
  stage: string;
  verdict: 'rejection' | 'unsure' | 'other';
  language: 'ja' | 'en';
  recipient: string;
  code?: string;
};

const CUES = {
  rejection: [
    { phrase: '採用を見送らせていただく', where: 'text', weight: 10 },
    { phrase: 'ご活躍をお祈り', where: 'text', weight: 2 },
    { phrase: '選考結果のご連絡', where: 'subject', weight: 2 },
  ],
  unsure: [{ phrase: '残念ながら', where: 'text', weight: 2 }],
  other: [{ phrase: '面接の日程', where: 'subject', weight: -10 }],
} as const;

async function insertMessage(app: TestApp, companyId: string, mail: Mail): Promise<void> {
  const reason = mail.code
    ? null
    : { rejection: 'dkim-signed', unsure: 'unsure', other: 'not-a-rejection' }[mail.verdict];
  await app.db.query(
    `INSERT INTO messages (id, company_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
       rules_version, action, reason, ranges, code, job, stage, language, mail_domain, outcome, upstream_reply, finished_at)
     VALUES ($1, $2, $3, '\\x00', 'saiyo@aoba.example', ARRAY[$4], 4000, $5, $6, 7, $7, $8, $9, $10, $11, $12, $13, $14,
       'delivered', '250 2.0.0 Ok', $3)`,
    [
      app.deps.newId(),
      companyId,
      mail.at,
      mail.recipient,
      mail.verdict,
      JSON.stringify(CUES[mail.verdict]),
      mail.code ? 'inserted' : 'untouched',
      reason,
      JSON.stringify(mail.code ? [{ at: 1_204, length: 312 }] : []),
      mail.code ?? null,
      mail.job,
      mail.stage,
      mail.language,
      mailDomainOf(mail.recipient),
    ],
  );
}

async function insertClick(
  app: TestApp,
  companyId: string,
  click: { at: Date; code: string; class: string; device: string | null },
): Promise<void> {
  await app.db.query(
    `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, device)
     VALUES ($1, $2, $3, $4, $5, '{}', 1, 'GET', $6)`,
    [app.deps.newId(), click.at, click.code, companyId, click.class, click.device],
  );
}

async function insertRegistration(
  app: TestApp,
  companyId: string,
  registration: { id: string; at: Date; code: string; counted: boolean },
): Promise<void> {
  const { id, at, code, counted } = registration;
  await app.db.query(
    `INSERT INTO registrations (id, company_id, external_id, origin, input_hash, code, status, attribution, counted,
       created_at, occurred_at, verified_at, counted_at)
     VALUES ($1, $2, $1::uuid::text, 'form', '\\x00', $3, $4, '{"kind":"code"}', $5, $6, $6, $7, $7)`,
    [id, companyId, code, counted ? 'verified' : 'pending', counted, at, counted ? at : null],
  );
}

/**
 * A company that has been at it for three months, ending at the app's clock: some 700 mails, clicks of every class,
 * 37 referrals (three credits and seven towards the fourth), one credit redeemed.
 */
export async function seedAoba(app: TestApp): Promise<Company> {
  const company = await app.company({ name: '株式会社青葉製作所', slug: 'aoba' });
  const now = app.clock.now().getTime();
  const roll = dice(20261122);
  const mails: Mail[] = [];
  for (let day = 89; day >= 0; day -= 1) {
    const weekday = new Date(now - day * DAY).getUTCDay();
    const count = weekday % 6 === 0 ? roll() * 3 : (7 + (89 - day) / 9) * (0.6 + roll() * 0.9);
    for (let index = 0; index < Math.floor(count); index += 1) {
      const sort = roll();
      mails.push({
        at: new Date(now - day * DAY - roll() * 0.4 * DAY - 600_000),
        job: pick(roll, JOBS),
        stage: pick(roll, STAGES),
        verdict: sort < 0.9 ? 'rejection' : sort < 0.93 ? 'unsure' : 'other',
        language: mails.length % 9 === 4 ? 'en' : 'ja',
        recipient: `c${mails.length}@${MAILBOXES[[0, 0, 1, 2, 0, 3, 1, 4][mails.length % 8]!]}`,
      });
    }
  }
  mails.sort((left, right) => left.at.getTime() - right.at.getTime());
  const rejections = mails.filter((mail) => mail.verdict === 'rejection');
  const codes = await mintLinks(
    app.deps,
    app.db,
    company.id,
    'smtp',
    rejections.map(({ recipient, job, stage, language }, index) => ({
      recipient,
      labels: { job, stage, language, ...(index % 3 === 0 && { externalId: `C-${1_000 + index}` }) },
    })),
  );
  rejections.forEach((mail, index) => {
    if (roll() < 0.97) mail.code = codes[index];
  });
  for (const mail of mails) await insertMessage(app, company.id, mail);
  await seedClicks(app, company.id, rejections, roll);
  await seedRegistrations(app, company.id, rejections, roll);
  await app.db.transaction((tx) =>
    redeem(app.deps, tx, {
      companyId: company.id,
      quantity: 1,
      reference: 'intro-2026-001',
      actor: 'test',
      at: app.clock.now(),
    }),
  );
  return company;
}

async function seedClicks(app: TestApp, companyId: string, mails: readonly Mail[], roll: () => number) {
  const now = app.clock.now().getTime();
  for (const mail of mails) {
    if (!mail.code) continue;
    const after = (hours: number) =>
      new Date(Math.min(mail.at.getTime() + roll() * hours * 3_600_000, now - roll() * 3_000_000));
    const one = (sort: string, hours: number) =>
      insertClick(app, companyId, {
        at: after(hours),
        code: mail.code!,
        class: sort,
        device: sort === 'human' ? pick(roll, DEVICES) : null,
      });
    if (roll() < 0.24) await one('scanner', 0.1);
    if (roll() < 0.05) await one('bot', 1);
    if (roll() < 0.02) await one('prefetch', 1);
    if (roll() < 0.07) await one('suspected', 2);
    if (roll() < 0.37) {
      await one('human', 30);
      if (roll() < 0.2) await one('human', 60);
    }
  }
}

async function seedRegistrations(
  app: TestApp,
  companyId: string,
  mails: readonly Mail[],
  roll: () => number,
) {
  const linked = mails.filter((mail) => mail.code);
  const chosen = Array.from(
    { length: 42 },
    (_, index) => linked[Math.floor(((index + 0.6) / 42) * linked.length)]!,
  );
  let counted = 0;
  for (const [index, mail] of chosen.entries()) {
    const counts = index % 8 !== 3 && counted < 37;
    if (counts) counted += 1;
    const at = new Date(mail.at.getTime() + roll() * 500_000);
    const id = app.deps.newId();
    await insertRegistration(app, companyId, { id, at, code: mail.code!, counted: counts });
    if (!counts) continue;
    await app.db.transaction((tx) =>
      postReferral({ ...app.deps, clock: () => at }, tx, {
        companyId,
        registrationId: id,
        actor: 'test',
        at,
      }),
    );
  }
}

/** What stands on an operator's desk: adjustments that wait and that were decided, other rules, a comparison. @returns its id */
export async function seedDesk(app: TestApp, companyId: string): Promise<string> {
  const at = app.clock.now();
  const nothing = { referrals: 0, progress: 0, credits: 0 };
  const [waiting, agreed] = [app.deps.newId(), app.deps.newId()];
  return app.db.transaction(async (tx) => {
    const propose = (id: string, deltas: Partial<typeof nothing>, reason: string) =>
      proposeAdjustment(tx, { ...nothing, ...deltas, id, companyId, reason, actor: 'operator-1', at });
    await propose(agreed, { credits: 1 }, '初期の計測不具合のおわび');
    await approveAdjustment(app.deps, tx, { id: agreed, actor: 'operator-2', at });
    await propose(waiting, { referrals: -1, progress: -1 }, '同じ方の二重計上');
    const effectiveAt = new Date(at.getTime() + 30 * DAY);
    const change = { threshold: 8, creditExpiresAfterDays: 365, effectiveAt };
    await changeRules(app.deps, tx, { ...change, companyId, actor: 'operator-1' });
    const listed = [
      { externalId: 'A-1042', status: 'accepted', month: '2026-11' },
      { externalId: 'A-1043', status: 'verified', month: '2026-11' },
    ];
    const left = { actor: 'operator-1', source: 'operator' } as const;
    await exclude(app.deps, tx, {
      ...left,
      companyId,
      domain: 'aoba-group.example',
      reason: 'グループ会社の社員',
    });
    await exclude(app.deps, tx, {
      ...left,
      companyId: null,
      address: 'm@member.example',
      reason: '既存の会員',
    });
    const own = { actor: 'admin-1', source: 'company', companyId } as const;
    await exclude(app.deps, tx, { ...own, address: 'test@aoba.example', reason: '動作確認' });
    return (await reconcile(tx, app.deps.newId(), listed, { actor: 'operator-1', at })).id;
  });
}

/** What an administrator finds in the settings: colleagues, credentials, and a log of what was done. @returns a mail's id */
export async function seedSettings(app: TestApp, companyId: string): Promise<string> {
  const { deps } = app;
  const by = { kind: 'system', id: 'setup' } as const;
  const at = app.clock.now();
  const earlier = (minutes: number) => {
    const then = new Date(at.getTime() - minutes * 60_000);
    return { ...deps, clock: () => then, newId: () => uuid7(then, deps.randomBytes(10)) };
  };
  const people = [
    ['tanaka@aoba.example', 'member'],
    ['suzuki@aoba.example', 'viewer'],
  ] as const;
  for (const [email, role] of people) {
    await inviteMember(earlier(9_000), by, { companyId, email, role, locale: 'ja' });
  }
  const smtp = await giveCredential(earlier(8_000), by, { companyId, kind: 'smtp', label: '本社のPostfix' });
  const key = { companyId, kind: 'api', label: '採用管理システム', scopes: ['read', 'links'] } as const;
  const api = await giveCredential(earlier(5_000), by, key);
  const old = await giveCredential(earlier(7_000), by, { companyId, kind: 'smtp', label: '旧サーバー' });
  await takeCredential(earlier(4_000), by, companyId, old.id);
  await app.db.query('UPDATE credentials SET last_used_at = $2 WHERE id = $1', [smtp.id, at]);
  await app.db.query(
    "UPDATE credentials SET last_used_at = $2::timestamptz - interval '3 hours' WHERE id = $1",
    [api.id, at],
  );
  await changeCompany(earlier(3_000), { kind: 'key', id: api.id }, companyId, { policy: 'shadow' });
  await changeCompany(earlier(2_000), by, companyId, { policy: 'auto', linkHost: 'go.aoba.example' });
  await changeCompany(earlier(1_000), by, companyId, { linkHost: null });
  const [mail] = await listMessages(app.db, companyId, { verdict: 'rejection', limit: 1 });
  return mail!.id;
}
