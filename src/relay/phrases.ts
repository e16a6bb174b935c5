/**
 * What rejections say, and what only sounds like one. Collected from published templates and real notices.
 * Japanese patterns meet text without any white space (a phrase may be broken over lines); English ones meet text whose
 * white space is folded to one blank. Both meet NFKC-normalised text, so half-width kana and full-width Latin are one.
 * Raise RULES_VERSION with every change: each message is stored with the version that judged it.
 */
export const RULES_VERSION = 1;

/** Every match of `pattern` holds one of `holds`, in lower case: text without them need not be searched. */
export type Phrase = Readonly<{ name: string; pattern: RegExp; holds: readonly string[] }>;

function phrases(list: Readonly<Record<string, readonly [RegExp, ...string[]]>>): readonly Phrase[] {
  return Object.entries(list).map(([name, [pattern, ...holds]]) => ({ name, pattern, holds }));
}

/** One of these suffices, in the newest text. */
export const DECISIVE_JA = phrases({
  採用を見送る: [
    /採用(?:を|は|について(?:は)?)(?:、)?(?:今回は)?(?:、)?見送(?:らせて(?:いただ|頂)|りました|りと(?:なり|させて)|る(?:判断|結論|こと))/g,
    '見送',
  ],
  今回は見送らせて: [
    /(?:今回は|この度は|このたびは|誠に残念ながら)(?:、)?(?:ご?採用を)?見送らせて/g,
    '見送らせて',
  ],
  面談を見送らせて: [
    /(?:面談|面接|次の選考|次回の選考)(?:を|は|への)(?:ご案内を|ご案内は)?見送らせて/g,
    '見送らせて',
  ],
  参加は見送らせて: [/参加は見送らせて/g, '見送らせて'],
  見送りとなりました: [
    /見送り(?:と|に)(?:なりました|させて(?:いただき|頂き)ました|させて(?:いただく|頂く)こと)/g,
    '見送り',
  ],
  見送らせていただくこと: [/見送らせて(?:いただく|頂く)こと(?:と|に)/g, '見送らせて'],
  採用を見合わせ: [/採用(?:を|は)見合わせ/g, '見合わせ'],
  貴意に添いかね: [
    /貴意に(?:添|沿|副)(?:いかね|い兼ね|えない|えません|えず|うことができ|いがたい)/g,
    '貴意に',
  ],
  ご期待に添えない: [/ご?期待に(?:添|沿|副)(?:えない|えず|えません|いかね|い兼ね|うことができ)/g, '期待に'],
  ご希望に添えない結果: [
    /ご?希望に(?:添|沿|副)(?:えない結果|えず|いかねる結果|うことができ(?:ません|ない結果|ず))/g,
    '希望に',
  ],
  ご志望に添うことができ: [/ご?志望に(?:添|沿|副)うことができ/g, '志望に'],
  ご希望にお応えできない: [/ご?(?:希望|期待)にお?応え(?:でき(?:ない|ず|ません)|することができ)/g, '応え'],
  不採用: [
    /不採用(?:の(?:結果|決定|判断|結論|ご連絡|通知|運び)|と(?:させて|なりました|いたしました|決定|判断)|を決定)/g,
    '不採用',
  ],
  不合格: [
    /不合格(?:と(?:なりました|させて|いたしました|判断|決定)|の(?:結果|判定|ご連絡|通知)|でした|です)/g,
    '不合格',
  ],
  採用に至らず: [/(?:採用|内定)に(?:は)?至ら(?:ない(?:結果|という|との|こと)|ず|なかった|ません)/g, '至ら'],
  ご縁がなかった: [/(?:ご縁|御縁)が(?:なかった|無かった|ありません|ございません)/g, '縁が'],
  ご縁はございません: [/(?:ご縁|御縁)は(?:ありません|ございません)/g, '縁は'],
  通過となりません: [
    /(?:選考|面接|書類)?(?:を)?通過(?:されません|となりません|には至りません|に至りません)でした/g,
    '通過',
  ],
  次の選考に進めません: [
    /次(?:回)?の(?:選考|面接|ステップ)(?:に|へ)(?:お?進み(?:いただけ|頂け)|のご案内ができ)ません/g,
    'ません',
  ],
  場所をご用意できない: [
    /活躍(?:できる|いただける)(?:場所|場|ポジション)を(?:ご用意|ご提供)することができ/g,
    '活躍',
  ],
  添えることが叶わず: [/(?:添|沿|副)えることが(?:叶|かな)わ/g, 'えることが'],
});

export const DECISIVE_EN = phrases({
  'regret to inform': [/\bregret to (?:inform|advise|let)\b/gi, 'regret to'],
  'decided not to proceed': [
    /\bdecided not to (?:move forward|proceed|progress|continue|pursue)\b/gi,
    'decided not to',
  ],
  'will not be moving forward': [
    /\b(?:will|are|have decided) not (?:to )?(?:be )?(?:able to )?(?:moving|progressing|proceeding|move|progress|proceed)\b(?: forward)?/gi,
    ' not ',
  ],
  'forward with other candidates': [
    /\b(?:move|moved|moving|go|going|proceed|proceeding) (?:forward |ahead )?with (?:an)?other (?:candidate|applicant)s?\b/gi,
    'other ',
  ],
  'chosen other candidates': [/\b(?:chosen|selected) (?:an)?other (?:candidate|applicant)s?\b/gi, 'other '],
  'not been selected': [/\b(?:have |has |were |was )?not (?:been )?selected (?:for|to|on)\b/gi, 'selected '],
  'unable to offer you': [/\b(?:unable|not able) to offer you\b/gi, 'able to offer you'],
  'no longer under consideration': [/\bno longer (?:under|in|being) consider(?:ation|ed)\b/gi, 'no longer '],
  'position has been filled': [
    /\b(?:position|role|vacancy) has (?:now |already )?been filled\b/gi,
    'been filled',
  ],
  'unsuccessful on this occasion': [
    /\b(?:unsuccessful (?:on this occasion|this time|in your application)|application (?:has been|was) unsuccessful)\b/gi,
    'unsuccessful',
  ],
  'decline your application': [/\b(?:decline|reject) your application\b/gi, 'your application'],
});

/** Never enough alone: also in withdrawals that are confirmed, in greetings, in passes. */
export const SUPPORTING_JA = phrases({
  残念ながら: [/(?:誠に)?残念(?:ながら|ではございますが|なお知らせ|な結果)/g, '残念'],
  遺憾ながら: [/遺憾ながら|不本意ながら/g, '遺憾ながら', '不本意ながら'],
  厳正なる選考の結果: [/厳正(?:なる|な)(?:選考|審査)|慎重に(?:選考|検討|審議)/g, '厳正', '慎重に'],
  あしからず: [/あしからず|悪しからず|何卒ご(?:容赦|了承|理解)/g, 'しからず', '何卒ご'],
  お問い合わせには: [/選考(?:内容|結果|理由)に関するお問い?合わせ/g, 'に関するお問'],
  ご活躍をお祈り: [/(?:ご活躍|ご健勝|ご多幸|ご健闘)(?:と.{0,10})?を.{0,8}(?:お祈り|祈念)/g, 'お祈り', '祈念'],
  またの機会: [/またの機会/g, 'またの機会'],
  応募書類の廃棄: [
    /(?:応募書類|履歴書|個人情報).{0,14}(?:廃棄|破棄|返却|返送)/g,
    '廃棄',
    '破棄',
    '返却',
    '返送',
  ],
});

export const SUPPORTING_EN = phrases({
  unfortunately: [/\bunfortunately\b/gi, 'unfortunately'],
  'after careful consideration': [
    /\bafter (?:careful|much|thorough) (?:consideration|review|deliberation)\b/gi,
    'after ',
  ],
  'keep your resume': [/\bkeep your (?:resume|résumé|cv|details|information) on file\b/gi, 'keep your '],
  'best of luck': [
    /\b(?:best of luck|every success|all the best)\b/gi,
    'best of luck',
    'every success',
    'all the best',
  ],
});

/** The mail says the opposite, or speaks of something else. */
export const CONTRARY_JA = phrases({
  合格: [
    /(?<!不)合格(?:と(?:なりました|させて|いたしました|判断)|です|でした|の(?:ご連絡|通知|お知らせ|運び)|いたしました|されました|おめでとう)/g,
    '合格',
  ],
  通過: [
    /(?:選考|面接|審査)(?:を|に|は|も)?通過(?:されま(?:した|す)|となりました|いたしました|いただきました|です|の(?:ご連絡|お知らせ))/g,
    '通過',
  ],
  内定: [/内定(?:を|の)(?:ご?通知|お知らせ|ご連絡|出さ|お出し)|内定通知書|採用内定/g, '内定'],
  次の選考のご案内: [
    /(?:次の選考|次回面接|(?:一次|二次|三次|最終)面接|面接|面談)(?:日程)?の(?:ご案内|日程|ご調整|調整)/g,
    '案内',
    '日程',
    '調整',
  ],
  ご縁をいただけた: [/(?:ご縁|御縁)をいただけ(?:ました|た)こと/g, '縁をいただけ'],
  辞退を承る: [
    /(?:ご?辞退(?:の(?:件|旨|ご連絡))?)(?:について)?(?:を|は|、)?.{0,14}(?:承(?:知|り)|了解|受け付け|うけたまわ)/g,
    '辞退',
  ],
  辞退させていただき: [
    /(?:選考|内定|応募)?(?:を)?(?:ご)?辞退(?:させて(?:いただ|頂)|いたし(?:たく|ます))/g,
    '辞退',
  ],
  日程の調整: [/日程(?:が|は|につきまして(?:は)?).{0,10}(?:添|沿)えない/g, '日程'],
});

export const CONTRARY_EN = phrases({
  'pleased to offer': [
    /\b(?:pleased|delighted|happy|excited) to (?:offer|inform|invite|announce|let you know)\b/gi,
    'pleased to',
    'delighted to',
    'happy to',
    'excited to',
  ],
  'next round': [
    /\b(?:move|moving|progress|advance|invite you)\b.{0,30}\b(?:next|final|second) (?:round|stage|step|interview)\b/gi,
    'next ',
    'final ',
    'second ',
  ],
  'must reschedule': [/\b(?:reschedule|postpone)\b/gi, 'reschedule', 'postpone'],
  withdrawal: [
    /\b(?:your|my|the) (?:withdrawal|request to withdraw)\b|\bwithdraw (?:my|your) application\b|\bwithdrawn your application\b/gi,
    'withdraw',
  ],
});

/** Written to somebody else about a candidate. */
export const NOT_TO_CANDIDATE = phrases({
  エージェント宛: [
    /(?:ご推薦|ご紹介)(?:いただ|頂)(?:き|いた|け)(?:まし)?た?.{0,20}様|人材紹介会社|エージェント(?:様|各位|ご担当)/g,
    '推薦',
    '紹介',
    'エージェント',
  ],
});

/** Behind a decisive phrase: the sentence speaks of a case, not of this candidate. */
export const HYPOTHETICAL_JA =
  /^.{0,8}?(?:場合|際(?:は|に)|とき(?:は|に)|時は|方(?:には|へは|への|々)|理由(?:の|は|に)|かどうか|可能性|など(?:の|と)(?:文言|表現|言葉))/;
/** Before it: an event, not a person, is put off. */
export const EVENT_JA =
  /(?:開催|実施|説明会|セミナー|イベント|懇親会|訪問|導入|発売|出店)(?:を|は|の)?[^。]{0,6}$/;
/** Around it, in one sentence: English conditions. */
export const HYPOTHETICAL_EN = /\b(?:if|in case|should|unless|whether|only)\b[^.!?]{0,60}$/i;
