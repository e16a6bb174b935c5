import { putRule } from '../../src/company/rules.js';
import { askAbout } from '../../src/relay/review.js';
import type { TestApp } from '../harness/app.js';

/** Two mails that a person is asked about, a rule, and a connection, all invented. */
export async function seedQuestions(app: TestApp, companyId: string): Promise<void> {
  const { deps } = app;
  const receivedAt = new Date(app.clock.now().getTime() - 3_600_000);
  await app.smtpCredential(companyId);
  await askAbout(
    deps,
    { id: deps.newId(), companyId, receivedAt },
    {
      subject: '先日のご応募について',
      from: '採用担当 <saiyo@aoba.example>',
      source: 'tmpl-7',
      sentences: [
        { before: '', cue: '誠に残念ながら', after: '、このようなご連絡となりました。' },
        { before: '今後の', cue: 'ご活躍をお祈り', after: '申し上げます。' },
      ],
    },
  );
  await askAbout(
    deps,
    { id: deps.newId(), companyId, receivedAt },
    { subject: 'Your application', from: 'hr@aoba.example', source: '', sentences: [] },
  );
  const rule = { id: deps.newId(), companyId, kind: 'sender', value: 'kekka@aoba.example' } as const;
  await putRule(app.db, { ...rule, verdict: 'rejection' }, receivedAt);
}
