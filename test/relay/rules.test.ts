import type { CompanyRule } from '../../src/company/rules.js';
import { type ClassifiedView, classifyMessage, decideInsertion } from '../../src/relay/classify.js';
import { excerptOf } from '../../src/relay/excerpt.js';
import { ruleValue } from '../../src/relay/rule-value.js';

function view(more: Partial<ClassifiedView> = {}): ClassifiedView {
  return {
    subject: '【株式会社あおば】ご応募ありがとうございました',
    from: '採用係 <Saiyo@aoba.example>',
    to: ['taro@mail.example'],
    autoSubmitted: false,
    isReport: false,
    listUnsubscribe: false,
    text: 'またの機会にお待ちしております。',
    htmlText: '',
    hasPlaceholder: false,
    control: { source: 'tmpl-9' },
    ...more,
  };
}
const rule = (
  kind: CompanyRule['kind'],
  value: string,
  verdict: CompanyRule['verdict'] = 'rejection',
): CompanyRule => ({ id: '1', companyId: '1', kind, value: ruleValue(value), verdict });

describe('a company’s own rule', () => {
  test.each<[string, CompanyRule]>([
    ['subject contains', rule('subject', '株式会社あおば')],
    ['subject in other width and case', rule('subject', '【株式会社あおば】　ご応募'.replace('　', ''))],
    ['sender is', rule('sender', 'saiyo@AOBA.example')],
    ['source is', rule('source', 'TMPL-9')],
  ])('%s', (_name, one) => {
    expect(classifyMessage(view(), 'auto', [one])).toMatchObject({
      verdict: 'rejection',
      cues: [{ phrase: `${one.kind}: ${one.value}`, where: 'rule', weight: 100 }],
    });
    expect(classifyMessage(view(), 'auto').verdict).toBe('other');
  });

  test('that does not fit leaves the words to decide', () => {
    const strangers = [rule('subject', '内定'), rule('sender', 'hr@aoba.example'), rule('source', 'tmpl')];
    expect(classifyMessage(view(), 'auto', strangers)).toEqual(classifyMessage(view(), 'auto'));
  });

  test('the first that fits decides', () => {
    const rules = [rule('sender', 'saiyo@aoba.example', 'other'), rule('subject', 'ご応募')];
    expect(classifyMessage(view(), 'auto', rules).verdict).toBe('other');
    expect(classifyMessage(view(), 'auto', [...rules].reverse()).verdict).toBe('rejection');
  });

  test('comes before the words, and after an explicit signal', () => {
    const text = '慎重に選考した結果、今回は採用を見送らせていただきます。';
    const never = [rule('source', 'tmpl-9', 'other')];
    expect(classifyMessage(view({ text }), 'auto', never).verdict).toBe('other');
    expect(
      classifyMessage(view({ control: { action: 'insert', source: 'tmpl-9' } }), 'auto', never).verdict,
    ).toBe('rejection');
  });

  test('is a signal under the policy `explicit`, and no more than a verdict in the shadow', () => {
    const verdict = classifyMessage(view(), 'explicit', [rule('source', 'tmpl-9')]);
    expect(decideInsertion(verdict, 'explicit')).toEqual({ insert: true });
    expect(decideInsertion(verdict, 'shadow')).toEqual({ insert: false, reason: 'policy-shadow' });
  });
});

describe('the excerpt', () => {
  test('has the sentence around a cue, and not the one beside it', () => {
    const text =
      '山田様の年収は秘密です。誠に残念ながら、今回は採用を見送らせていただきます。次の文も秘密です。';
    const excerpt = excerptOf(view({ text }));
    expect(excerpt).toMatchObject({ subject: view().subject, from: view().from, source: 'tmpl-9' });
    const [first] = excerpt.sentences;
    expect(first).toEqual({
      before: '誠に残念ながら、今回は',
      cue: '採用を見送らせていただ',
      after: 'きます。',
    });
    expect(JSON.stringify(excerpt)).not.toMatch('秘密');
  });

  test('is short however long the mail is', () => {
    const text = `${'あ'.repeat(5_000)}採用を見送らせていただきます${'い'.repeat(5_000)}`;
    const excerpt = excerptOf(view({ subject: 's'.repeat(5_000), text }));
    expect(JSON.stringify(excerpt).length).toBeLessThan(2_000);
  });
});
