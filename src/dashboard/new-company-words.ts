import type { Locale } from '../company/store.js';

export const NEW_COMPANY_FAULTS = ['name', 'slug', 'email', 'taken'] as const;
export type NewCompanyFault = (typeof NEW_COMPANY_FAULTS)[number];

const ja = {
  title: '企業を登録する',
  lead: '登録した企業は「お試し」から始まります。メールは判定だけを行い、何も挿入しません。数日後に結果を確認し、企業の管理者が挿入を始めます。',
  name: '企業名',
  slug: '固定リンクの名前（省略できます。英小文字、数字、ハイフン）',
  locale: '表示言語',
  locales: { ja: '日本語', en: 'English' } satisfies Record<Locale, string>,
  email: '最初の管理者のメールアドレス',
  create: '登録する',
  faults: {
    name: '企業名を入力してください。',
    slug: '3～50文字の英小文字、数字、ハイフンで入力してください。',
    email: 'メールアドレスを確認してください。',
    taken: 'この固定リンクの名前は、ほかの企業が使っています。',
  } satisfies Record<NewCompanyFault, string>,
};

export type NewCompanyWords = typeof ja;

const en: NewCompanyWords = {
  title: 'Add a company',
  lead: 'A new company starts by trying it out: its mails are judged and nothing is inserted. After some days its administrator looks at the result and goes live.',
  name: 'Name',
  slug: 'Name of the static link (may be left out; lower-case letters, digits, hyphens)',
  locale: 'Language',
  locales: { ja: '日本語', en: 'English' },
  email: 'E-mail address of its first administrator',
  create: 'Add',
  faults: {
    name: 'Please write the name.',
    slug: '3 to 50 lower-case letters, digits and inner hyphens.',
    email: 'Please check the address.',
    taken: 'Another company has this static link.',
  },
};

export function newCompanyWordsOf(locale: Locale): NewCompanyWords {
  return { ja, en }[locale];
}
