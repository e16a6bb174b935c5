import type { MailText } from './compose-mail.js';

type Sample = Readonly<{
  name: string;
  address: string;
  kind: 'rejection' | 'other';
  mail: Pick<MailText, 'subject' | 'text' | 'html' | 'charset' | 'encoding' | 'headers'>;
}>;

const SIGNATURE_JA = '\n\n-- \n株式会社青葉製作所 採用担当\nhttps://aoba.example/recruit\n';
const SIGNATURE_EN = '\n\n-- \nAoba Works Recruiting\n';

function page(...paragraphs: string[]): string {
  return `<!doctype html>\n<html><body style="font-family:sans-serif">\n${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}\n</body></html>\n`;
}

function japanese(
  name: string,
  reason: string,
  more: Partial<Sample['mail']> & { decision?: string } = {},
): Pick<Sample, 'kind' | 'mail'> {
  const { decision = '今回は採用を見送らせていただくこととなりました。', ...rest } = more;
  return {
    kind: 'rejection',
    mail: {
      subject: '選考結果のご連絡(株式会社青葉製作所)',
      text: `${name} 様\n\nこのたびは${reason}にご応募いただき、誠にありがとうございました。\n慎重に選考を進めましたが、誠に残念ながら\n${decision}\n\n末筆ながら、${name}様の今後のご活躍をお祈り申し上げます。${SIGNATURE_JA}`,
      charset: 'utf-8',
      encoding: '8bit',
      ...rest,
    },
  };
}

function english(
  name: string,
  decision: string,
  more: Partial<Sample['mail']> = {},
): Pick<Sample, 'kind' | 'mail'> {
  return {
    kind: 'rejection',
    mail: {
      subject: 'Your application to Aoba Works',
      text: `Dear ${name},\n\nThank you for your interest in Aoba Works and for the time you gave us.\n${decision}\n\nWe wish you every success.${SIGNATURE_EN}`,
      charset: 'utf-8',
      encoding: 'quoted-printable',
      ...more,
    },
  };
}

function other(
  subject: string,
  text: string,
  more: Partial<Sample['mail']> = {},
): Pick<Sample, 'kind' | 'mail'> {
  return { kind: 'other', mail: { subject, text, charset: 'utf-8', encoding: '8bit', ...more } };
}

const HTML_JA = page(
  '伊藤 さくら 様',
  'このたびは弊社にご応募いただき、誠にありがとうございました。',
  '慎重に検討を重ねましたが、誠に残念ながら、ご期待に沿えない結果となりました。',
  '末筆ながら、今後のご活躍をお祈り申し上げます。',
);

/** What one company sends on one day: rejections in the forms that real systems use, and mails that are none. */
export const DEMO_MAILS: readonly Sample[] = [
  {
    name: '山田 太郎',
    address: 'taro.yamada@example.jp',
    ...japanese('山田', '営業職', { headers: { 'X-Career-Relay-Job': '=?utf-8?B?5Za25qWt6IG3?=' } }),
  },
  {
    name: '佐藤 花子',
    address: 'hanako.sato@example.jp',
    ...japanese('佐藤', '営業職', { charset: 'iso-2022-jp', encoding: '7bit' }),
  },
  {
    name: '鈴木 一郎',
    address: 'ichiro.suzuki@example.jp',
    ...japanese('鈴木', '製造オペレーター', { encoding: 'base64' }),
  },
  {
    name: '高橋 美咲',
    address: 'misaki@example.jp',
    ...japanese('高橋', '経理', {
      encoding: 'quoted-printable',
      decision: '貴意に添いかねる結果となりました。',
    }),
  },
  {
    name: '伊藤 さくら',
    address: 'sakura.ito@example.jp',
    ...japanese('伊藤', 'エンジニア職', {
      html: HTML_JA,
      encoding: 'quoted-printable',
      decision: 'ご期待に沿えない結果となりました。',
    }),
  },
  {
    name: '渡辺 健',
    address: 'ken@example.jp',
    ...japanese('渡辺', 'エンジニア職', {
      html: HTML_JA.replaceAll('伊藤 さくら', '渡辺 健'),
      encoding: 'base64',
      decision: 'ご期待に沿えない結果となりました。',
    }),
  },
  {
    name: '中村 葵',
    address: 'aoi@example.jp',
    ...japanese('中村', '営業職', {
      text: '中村 葵 様\n\n選考の結果、誠に残念ながら不採用とさせていただきました。\n次の一歩のご案内: {{relay_url}}\n\n-- \n採用担当\n',
    }),
  },
  {
    name: '小林 翔',
    address: 'sho@example.jp',
    ...japanese('小林', '企画職', {
      charset: 'iso-2022-jp',
      encoding: '7bit',
      decision: '採用を見送らせていただきたく存じます。',
    }),
  },
  {
    name: 'Emma Clark',
    address: 'emma.clark@example.com',
    ...english(
      'Emma',
      'After careful consideration we have decided not to move forward with your application.',
    ),
  },
  {
    name: 'Liam Chen',
    address: 'liam@example.com',
    ...english('Liam', 'We regret to inform you that we have chosen other candidates for this role.', {
      encoding: 'base64',
    }),
  },
  {
    name: 'Olivia Martin',
    address: 'olivia@example.com',
    ...english('Olivia', 'Unfortunately we are unable to offer you a position at this time.', {
      html: page(
        'Dear Olivia,',
        'Thank you for your interest in Aoba Works.',
        'Unfortunately we are unable to offer you a position at this time.',
      ),
    }),
  },
  {
    name: '加藤 蓮',
    address: 'ren@example.jp',
    ...japanese('加藤', '製造オペレーター', { decision: '採用には至らず、このようなご連絡となりました。' }),
  },
  { name: '吉田 結衣', address: 'yui@example.jp', ...japanese('吉田', '経理') },
  {
    name: '山本 陸',
    address: 'riku@example.jp',
    ...other(
      '一次面接の結果につきまして',
      '山本 陸 様\n\n厳正なる選考の結果、一次面接に合格となりましたのでお知らせいたします。\n最終面接のご案内をあらためてお送りします。\n',
    ),
  },
  {
    name: '松本 凛',
    address: 'rin@example.jp',
    ...other(
      '選考辞退の件',
      '松本 凛 様\n\n選考辞退の件、承知いたしました。\n末筆ながら、今後のご活躍をお祈り申し上げます。\n',
      { charset: 'iso-2022-jp', encoding: '7bit' },
    ),
  },
  {
    name: 'Noah Brown',
    address: 'noah@example.com',
    ...other(
      'Interview on Friday',
      'Dear Noah,\n\nWe are pleased to invite you to the next round of interviews on Friday.\n',
      { encoding: '7bit', charset: 'us-ascii' },
    ),
  },
  {
    name: '井上 悠',
    address: 'yu@example.jp',
    ...other(
      'ご応募ありがとうございます',
      '井上 悠 様\n\nご応募を受け付けました。書類選考を通過された方のみ、二週間以内にご連絡いたします。\n',
    ),
  },
];
