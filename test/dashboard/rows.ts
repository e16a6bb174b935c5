import type { TestApp } from '../harness/app.js';

let made = 0;

/** Another few bytes each time, for columns that want some. */
function bytes(): Buffer {
  made += 1;
  return Buffer.from(String(made));
}

type Labels = { job?: string; stage?: string; source?: string };

/** One row each, by SQL: the figures are checked against rows that no code of ours wrote. */
export function rowsOf(app: TestApp, companyId: string) {
  const id = () => app.deps.newId();
  return {
    async message(
      at: string,
      row: Labels & {
        verdict?: string;
        action?: string;
        outcome?: string;
        code?: string;
        reason?: string;
      } = {},
    ): Promise<void> {
      const action = row.action ?? 'untouched';
      await app.db.query(
        `INSERT INTO messages (id, company_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
           rules_version, action, reason, code, job, stage, source, outcome, finished_at)
         VALUES ($1, $2, $3, $4, 'secret-sender@a.example', '{secret-recipient@b.example}', 1, $5, '["cue"]', 1, $6, $7,
           $8, $9, $10, $11, $12, $3)`,
        [
          id(),
          companyId,
          at,
          bytes(),
          row.verdict ?? 'rejection',
          action,
          action === 'inserted' ? null : (row.reason ?? 'already-linked'),
          row.code ?? null,
          row.job ?? null,
          row.stage ?? null,
          row.source ?? null,
          row.outcome ?? 'delivered',
        ],
      );
    },
    async link(
      code: string,
      at: string,
      row: Labels & { origin?: string; kind?: string } = {},
    ): Promise<void> {
      await app.db.query(
        `INSERT INTO links (code, company_id, kind, origin, job, stage, source, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          code,
          companyId,
          row.kind ?? 'candidate',
          row.origin ?? 'smtp',
          row.job ?? null,
          row.stage ?? null,
          row.source ?? null,
          at,
        ],
      );
    },
    async click(code: string, at: string, sort = 'human', labels: Labels = {}): Promise<string> {
      const click = id();
      await app.db.query(
        `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method, job, stage)
         VALUES ($1, $2, $3, $4, $5, '{}', 1, 'GET', $6, $7)`,
        [click, at, code, companyId, sort, labels.job ?? null, labels.stage ?? null],
      );
      return click;
    },
    async registration(
      at: string,
      row: {
        code?: string;
        clickId?: string;
        status?: string;
        countedAt?: string;
        reversedAt?: string;
        reason?: string;
      } = {},
    ): Promise<void> {
      const registration = id();
      await app.db.query(
        `INSERT INTO registrations (id, company_id, external_id, origin, input_hash, code, click_id, status, attribution,
           counted, reason, created_at, occurred_at, counted_at, reversed_at)
         VALUES ($1, $2, $1::uuid::text, 'form', $3, $4, $5, $6, '{}', $7, $8, $9, $9, $10, $11)`,
        [
          registration,
          companyId,
          bytes(),
          row.code ?? null,
          row.clickId ?? null,
          row.status ?? 'pending',
          row.countedAt !== undefined && row.reversedAt === undefined,
          row.reason ?? null,
          at,
          row.countedAt ?? null,
          row.reversedAt ?? null,
        ],
      );
    },
  };
}
