import { type ClassifiedView, classifyMessage, decideInsertion } from '../../src/relay/classify.js';
import { DECISIVE_EN, GENERAL_EN } from '../../src/relay/phrases-en.js';
import { DECISIVE_JA, GENERAL_JA } from '../../src/relay/phrases-ja.js';

function view(text: string, more: Partial<ClassifiedView> = {}): ClassifiedView {
  return {
    subject: '選考結果のご連絡',
    from: 'saiyo@aoba.example',
    to: ['taro@mail.example'],
    autoSubmitted: false,
    isReport: false,
    listUnsubscribe: false,
    text,
    htmlText: '',
    hasPlaceholder: false,
    control: {},
    ...more,
  };
}

function verdictOf(text: string, more: Partial<ClassifiedView> = {}) {
  return classifyMessage(view(text, more), 'auto').verdict;
}

/** A sentence that says each decisive phrase of a candidate; the name is the phrase's in phrases.ts. */
const DECISIVE_SENTENCES: Readonly<Record<string, string>> = {
  採用を見送る: '慎重に検討いたしましたが、今回は採用を見送らせていただきます。',
  今回は見送らせて: '誠に残念ながら、今回は見送らせていただきたく存じます。',
  面談を見送らせて: '社内で検討の結果、次の選考へのご案内を見送らせて頂きたく存じます。',
  参加は見送らせて: 'インターンシップへのご参加は見送らせていただきます。',
  見送りとなりました: '選考の結果、お見送りとなりましたのでご連絡いたします。',
  見送らせていただくこと: '協議の結果、見送らせていただくこととなりました。',
  採用を見合わせ: 'このたびは採用を見合わせることといたしました。',
  貴意に添いかね: '慎重に選考いたしましたが、貴意に沿いかねる結果となりました。',
  ご期待に添えない: 'ご期待に添えず申し訳ございません。',
  ご希望に添えない結果: 'このたびはご希望に添えない結果となりました。',
  ご志望に添うことができ: 'ご志望に添うことができませんでした。',
  ご希望にお応えできない: '残念ながらご希望にお応えできない結果となりました。',
  不採用: '選考の結果、不採用とさせていただきました。',
  不合格: '選考の結果、不合格となりましたので通知いたします。',
  採用に至らず: '検討を重ねましたが、採用に至らずこのようなご連絡となりました。',
  ご縁がなかった: '今回はご縁がなかったものとご理解ください。',
  ご縁はございません: '今回のご縁はございませんでした。',
  通過となりません: '書類選考は通過となりませんでした。',
  次の選考に進めません: '次の選考にお進みいただけませんこと、お詫び申し上げます。',
  場所をご用意できない: '弊社では活躍できる場所をご用意することができませんでした。',
  添えることが叶わず: 'ご意向に添えることが叶わず、申し訳ございません。',
  '結果：不採用': '【結果】不採用',
  採用できない: '今回は採用できませんでした。',
  ご紹介先の見送り: '先方より今回は見送りとのご連絡がございました。',
  お迎えできない: '今回は仲間としてお迎えすることは叶いませんでした。',
  内定の取消: '採用内定を取り消させていただくこととなりました。',
  候補から外す: '今回は候補から外させていただきます。',
  選考に落選: '選考に落選となりました。',
  合格に至らず: '検討いたしましたが、合格には至りませんでした。',
  お断り: '今回はお断りさせていただきます。',
  選考終了: 'ここで選考を終了させていただきます。',
  別の方を採用: '別の候補者を採用することといたしました。',
  見送らせていただきます: '恐れ入りますが、見送らせていただきます。',
  良いお返事ができない: '良いお返事ができず申し訳ございません。',
  ご一緒できない: '今回はご一緒することが難しいと判断いたしました。',
  'status: not selected': 'Your application. Status: not selected.',
  'say no': 'We had to say no to many, including you, for this role.',
  'application goes no further': 'Your application will not be taken further.',
  'someone with more': 'We have decided to hire someone with more experience for this position.',
  'closer match': 'There are candidates whose skills are a closer match.',
  'no offer': 'We are not going to extend an offer for this role.',
  'offer withdrawn': 'The offer of the post has been withdrawn.',
  'unsuccessful for the post': 'You were unsuccessful in your application for the above post.',
  'a different direction':
    'Thank you for your interview. We are going in a different direction for this role.',
  'not the right fit': "Thank you for your interview. This isn't the right fit.",
  'a no from us': "Thank you for your interview. It's a no from us.",
  'better suited': 'We interviewed others who were better suited to the role.',
  'gone to another': 'Thank you for your interview. The role has gone to someone else.',
  'decided against': 'Thank you for your application for this job. We decided against it.',
  'below the bar': 'Thank you for completing the test. You have not met the bar for this role.',
  'regret to inform': 'We regret to inform you that your application for this job did not succeed.',
  'decided not to proceed': 'We have decided not to proceed with your application.',
  'will not be moving forward': 'We will not be moving forward with your candidacy.',
  'forward with other candidates': 'We chose to move forward with another candidate.',
  'chosen other candidates': 'We have selected other candidates whose experience fits better.',
  'not been selected': 'You have not been selected for this role.',
  'unable to offer you': 'We are unable to offer you a position at this time.',
  'no longer under consideration': 'Your profile is no longer under consideration.',
  'position has been filled': 'The position has now been filled.',
  'unsuccessful on this occasion': 'Your application was unsuccessful on this occasion.',
  'decline your application': 'We have had to decline your application.',
};

describe('decisive phrases', () => {
  const names = [...DECISIVE_JA, ...GENERAL_JA, ...DECISIVE_EN, ...GENERAL_EN].map((phrase) => phrase.name);
  test.each(names)('%s', (name) => {
    const verdict = classifyMessage(view(DECISIVE_SENTENCES[name] ?? ''), 'auto');
    expect(verdict.verdict).toBe('rejection');
    expect(verdict.cues.map((cue) => cue.phrase)).toContain(name);
  });
});

describe('the words of a rejection, however they are written', () => {
  test('a line break inside the phrase', () => {
    expect(verdictOf('今回は採用を見送ら\r\nせていただくこととなりました。')).toBe('rejection');
  });
  test('half-width kana and full-width Latin', () => {
    expect(
      verdictOf('Ｗｅ ｒｅｇｒｅｔ ｔｏ ｉｎｆｏｒｍ you that your job application was unsuccessful. ﾖﾛｼｸ'),
    ).toBe('rejection');
  });
  test('only in the HTML part', () => {
    expect(verdictOf('', { htmlText: '残念ながらご期待に沿えない結果となりました。' })).toBe('rejection');
  });
});

describe('what only sounds like a rejection', () => {
  test.each([
    ['withdrawal confirmed', '選考辞退の件、承知いたしました。末筆ながら今後のご活躍をお祈り申し上げます。'],
    [
      "the candidate's own mail",
      '一身上の都合により選考を辞退させていただきたく、貴社のますますのご発展をお祈り申し上げます。',
    ],
    ['pass', '厳正なる選考の結果、第一次選考に合格となりましたのでお知らせいたします。'],
    ['offer', '慎重に検討いたしました結果、内定をご通知申し上げます。'],
    ['invitation', '次回面接のご案内をお送りします。日程がご希望に添えない場合はご連絡ください。'],
    ['hired', 'このようなご縁をいただけましたこと、心より嬉しく存じます。'],
    ['only those who passed are told', '選考を通過された方のみご連絡いたします。'],
    ['result elsewhere', '選考結果はマイページにてご確認ください。'],
    ['event put off', '会社説明会の開催は見送りとなりました。'],
    ['a case, not a decision', '採用に至らなかった場合は、応募書類を責任を持って破棄いたします。'],
    ['greeting', '時下ますますご健勝のこととお慶び申し上げます。'],
    ['next round', 'We are pleased to invite you to the next round of interviews.'],
    ['rescheduled', 'Unfortunately we must reschedule your interview to Friday.'],
    ['only selected are contacted', 'Only selected candidates will be contacted.'],
    ['a condition', 'If you are not selected for this role, we keep your CV on file.'],
    ['withdrawal confirmed in English', 'We received your withdrawal. We wish you every success.'],
  ])('%s', (_name, text) => {
    expect(verdictOf(text)).toBe('other');
  });
});

describe('in doubt', () => {
  test('supporting phrases without a decision', () => {
    expect(verdictOf('誠に残念ながら、今後のご活躍をお祈り申し上げます。')).toBe('unsure');
  });
  test('a decisive phrase beside a pass', () => {
    expect(
      verdictOf('一次面接は通過となりました。しかし、最終選考の結果、採用を見送らせていただきます。'),
    ).toBe('unsure');
  });
  test('a decisive phrase in a mail to an agent', () => {
    expect(verdictOf('ご推薦いただきました山田様について、今回は採用を見送らせていただきます。')).toBe(
      'unsure',
    );
  });
  test('a decisive phrase in a bulk mail', () => {
    const list = { listUnsubscribe: true };
    expect(verdictOf('今回は採用を見送らせていただきます。', list)).toBe('unsure');
    // But for a letter that greets, thanks and decides at once.
    const letter =
      '村上様\n面接へのご来社、ありがとうございました。採用を見送らせていただくこととなりました。';
    expect(verdictOf(letter, list)).toBe('rejection');
    expect(verdictOf(letter.replace('村上様\n', ''), list)).toBe('unsure');
    expect(verdictOf(`${letter}\n新着求人のお知らせ`, list)).toBe('unsure');
    expect(verdictOf(letter.replace('採用を', `${'あ'.repeat(300)}。採用を`), list)).toBe('unsure');
  });
  test('a decisive phrase quoted as an example', () => {
    expect(verdictOf('「採用を見送らせていただきます」と書くときの例文です。')).toBe('other');
  });
});

describe('explicit signals beat the words', () => {
  const rejection = '今回は採用を見送らせていただきます。';
  test('header skip', () => {
    expect(verdictOf(rejection, { control: { action: 'skip' } })).toBe('other');
  });
  test('header insert', () => {
    expect(verdictOf('こんにちは', { control: { action: 'insert' } })).toBe('rejection');
  });
  test('placeholder', () => {
    expect(verdictOf('こんにちは', { hasPlaceholder: true })).toBe('rejection');
  });
  test('policy all', () => {
    expect(classifyMessage(view('こんにちは'), 'all').verdict).toBe('rejection');
  });
  test('a mail that labels itself automatic is judged by its words; what is done with it is another question', () => {
    expect(verdictOf(rejection, { autoSubmitted: true })).toBe('rejection');
    expect(verdictOf('残念ながら、ご活躍をお祈りします。', { autoSubmitted: true })).toBe('other');
  });
});

describe('what the policy makes of it', () => {
  const judged = (policy: 'explicit' | 'auto' | 'all' | 'shadow', more: Partial<ClassifiedView> = {}) =>
    decideInsertion(classifyMessage(view('今回は採用を見送らせていただきます。', more), policy), policy);

  test('auto inserts', () => expect(judged('auto')).toEqual({ insert: true }));
  test('all inserts', () => expect(judged('all')).toEqual({ insert: true }));
  test('shadow records only', () =>
    expect(judged('shadow')).toEqual({ insert: false, reason: 'policy-shadow' }));
  test('explicit wants a signal', () =>
    expect(judged('explicit')).toEqual({ insert: false, reason: 'policy-explicit' }));
  test('explicit with a signal inserts', () =>
    expect(judged('explicit', { control: { action: 'insert' } })).toEqual({ insert: true }));
  test('skip is obeyed under every policy', () =>
    expect(judged('all', { control: { action: 'skip' } })).toEqual({
      insert: false,
      reason: 'asked-to-skip',
    }));
  test('other and unsure stay untouched', () => {
    expect(decideInsertion(classifyMessage(view('こんにちは'), 'auto'), 'auto')).toEqual({
      insert: false,
      reason: 'not-a-rejection',
    });
    expect(
      decideInsertion(classifyMessage(view('残念ながら、ご活躍をお祈りします。'), 'auto'), 'auto'),
    ).toEqual({
      insert: false,
      reason: 'unsure',
    });
  });
});
