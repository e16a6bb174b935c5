import { columnsOf, guessColumns } from '../../src/merge/columns.js';

describe('columns of a table', () => {
  test.each<[string, string, object]>([
    [
      'HERP Hire',
      '応募ID,名前,ステータス,選考ステップ,メールアドレス,応募経路,募集職種,選考終了理由',
      { externalId: 0, stage: 3, recipient: 4, source: 5, job: 6 },
    ],
    [
      'English',
      'Candidate ID,Name,E-mail,Job title,Stage,Source',
      { externalId: 0, recipient: 2, job: 3, stage: 4, source: 5 },
    ],
    ['marks and wide letters', '【ＩＤ】,メール アドレス,求人 名', { externalId: 0, recipient: 1, job: 2 }],
    [
      'a status is a stage only for want of a better one',
      '選考ステータス,選考ステップ,mail',
      { stage: 1, recipient: 2 },
    ],
    ['a table of ours', 'email,relay_url', { recipient: 0 }],
    ['nothing that is known', '名前,備考', {}],
  ])('%s', (_, heading, columns) => {
    expect(guessColumns(heading.split(','))).toEqual(columns);
  });

  const HEADING = ['連絡先', 'メール', '職種'];

  test('what is chosen goes before what is guessed, and nothing can be chosen', () => {
    expect(columnsOf(HEADING, { recipient: '連絡先', job: '' })).toEqual({ columns: { recipient: 0 } });
  });

  test('unknown-column', () => {
    expect(columnsOf(HEADING, { stage: '段階' })).toEqual({
      faults: [{ field: 'stage', reason: 'unknown-column' }],
    });
  });

  test('no-column', () => {
    expect(columnsOf(HEADING, { recipient: '' })).toEqual({
      faults: [{ field: 'recipient', reason: 'no-column' }],
    });
  });
});
