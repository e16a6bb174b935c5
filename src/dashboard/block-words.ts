import type { Locale } from '../company/store.js';
import type { WordingFault } from '../relay/block-wording.js';

/** What a form of the page came to. */
export const BLOCK_SAID = ['saved', 'shown', 'invalid', 'conflict'] as const;
export type BlockSaid = (typeof BLOCK_SAID)[number];

const ja = {
  title: '挿入する文面',
  lead: '不採用通知のリンクの前後に入る文面です。リンク、紹介会社の名前、許可番号は必ず入ります。言語はメールの本文に合わせます。',
  languages: { ja: '日本語のメール', en: '英語のメール' } satisfies Record<Locale, string>,
  offer: 'リンクの上の文',
  note: 'リンクの下の文（紹介会社の名前のあと）',
  hint: '3行まで、1行100文字まで。無料であること、任意であることを書いてください。',
  exclusions: 'リンクを入れないメール',
  exclusionsLead:
    '1行に1つずつ書きます。X-Career-Relay-Job または X-Career-Relay-Stage の値が一致するメールには入れません。',
  jobs: '求人',
  stages: '選考段階',
  sample: '自社のメールで試す',
  sampleLead:
    '実際のメールの本文を貼り付けるか、.eml ファイルを選んでください。暗号化して保存し、24時間後に消去します。',
  paste: 'メールの本文（ヘッダーごと貼り付けることもできます）',
  file: '.eml ファイル',
  forget: '保存中のメールを消す',
  show: 'プレビューを更新する',
  save: '保存する',
  readOnly: '保存できるのは、管理者の方だけです。',
  preview: 'プレビュー',
  which: { ja: '日本語の見本', en: '英語の見本', own: '自社のメール' },
  subject: '件名',
  decided: '判定',
  verdicts: { rejection: '不採用通知', other: '不採用通知ではない', unsure: '判定できない' },
  inserts: 'リンクを入れます。',
  untouched: (why: string) => `このメールには入れません：${why}。`,
  asIf: '入れるとすると、次のようになります。',
  noPlace: 'このメールには入れられないため、元のまま表示しています。',
  shadow: 'お試し中です。リンクの挿入を始めたあとの動きを表示しています。',
  cues: '手がかり',
  noCues: '手がかりはありません。',
  text: 'テキスト',
  html: 'HTML',
  noText: 'テキスト形式の本文はありません。',
  noHtml: 'HTML形式の本文はありません。',
  mail: 'HTML形式のメール',
  ascii: (charset: string, characters: string) =>
    `${charset} のテキストメールでは「${characters}」が使えないため、英語の短い文面に置き換わります。`,
  versions: '履歴',
  version: (number: number, at: string) => `第${number}版（${at}）`,
  noVersions: '最初から用意されている文面を使っています。',
  said: {
    saved: '保存しました。これからのメールに使います。',
    shown: 'プレビューを更新しました。まだ保存していません。',
    invalid: '保存していません。赤字の箇所をご確認ください。',
    conflict: '保存していません。ほかの方が先に保存しました。内容をご確認のうえ、もう一度保存してください。',
  } satisfies Record<BlockSaid, string>,
  faults: {
    empty: '入力してください（空の行は使えません）。',
    'too-many-lines': '3行までにしてください。',
    'line-too-long': '1行を100文字までにしてください。',
    unprintable: '使えない文字が含まれています。',
    'holds-link': 'URL、メールアドレス、タグは書けません。リンクは自動で入ります。',
    'not-optional': '任意であることを書いてください（例：登録は任意です）。',
    'not-free': '無料であることを書いてください。',
    promises: '約束や保証と受け取られる言葉は使えません。',
  } satisfies Record<WordingFault, string>,
};

export type BlockPageWords = typeof ja;

const en: BlockPageWords = {
  title: 'What is inserted',
  lead: 'The words around the link in rejections. The link, the agency and its licence number are always there. The language is that of the mail.',
  languages: { ja: 'Mails in Japanese', en: 'Mails in English' },
  offer: 'Above the link',
  note: 'Below the link, behind the agency’s name',
  hint: 'Three lines of 100 characters at most. Say that it is free and that it is optional.',
  exclusions: 'Mails without a link',
  exclusionsLead:
    'One a line. A mail whose X-Career-Relay-Job or X-Career-Relay-Stage is one of these gets no link.',
  jobs: 'Jobs',
  stages: 'Stages',
  sample: 'Try it on a mail of yours',
  sampleLead: 'Paste a real mail or choose an .eml file. It is kept encrypted and erased after 24 hours.',
  paste: 'The text of a mail (its header may come with it)',
  file: '.eml file',
  forget: 'Erase the mail that is kept',
  show: 'Show',
  save: 'Save',
  readOnly: 'Only an administrator can save.',
  preview: 'Preview',
  which: { ja: 'Sample in Japanese', en: 'Sample in English', own: 'Your mail' },
  subject: 'Subject',
  decided: 'Verdict',
  verdicts: { rejection: 'rejection', other: 'not a rejection', unsure: 'not settled' },
  inserts: 'It gets its link.',
  untouched: (why) => `This mail gets no link: ${why}.`,
  asIf: 'If it did, it would read like this.',
  noPlace: 'There is no place for one, so it is shown as it came.',
  shadow: 'You are trying it out: this is what would be done once links are inserted.',
  cues: 'Cues',
  noCues: 'No cues.',
  text: 'Text',
  html: 'HTML',
  noText: 'This mail has no plain text.',
  noHtml: 'This mail has no HTML.',
  mail: 'The mail in HTML',
  ascii: (charset, characters) =>
    `Plain texts in ${charset} cannot carry “${characters}” and get a short English text instead.`,
  versions: 'History',
  version: (number, at) => `Version ${number} (${at})`,
  noVersions: 'The built-in words are used.',
  said: {
    saved: 'Saved. Mails get it from now on.',
    shown: 'Shown below. Nothing is saved yet.',
    invalid: 'Not saved. Please see what is marked.',
    conflict: 'Not saved: a colleague was quicker. Please look again, then save once more.',
  },
  faults: {
    empty: 'Please write something; empty lines are not possible.',
    'too-many-lines': 'Three lines at most.',
    'line-too-long': '100 characters in a line at most.',
    unprintable: 'There are characters that cannot be used.',
    'holds-link': 'No addresses or tags: the link is added by itself.',
    'not-optional': 'Say that it is optional, such as “Signing up is optional.”',
    'not-free': 'Say that it is free.',
    promises: 'Nothing that promises or guarantees.',
  },
};

export function blockWordsOf(locale: Locale): BlockPageWords {
  return { ja, en }[locale];
}

/** What the page was told in its address; undefined for anything else. */
export function blockSaid(told: unknown): BlockSaid | undefined {
  return BLOCK_SAID.find((one) => one === told);
}
