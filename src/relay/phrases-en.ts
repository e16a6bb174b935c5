import { phrases } from './phrases.js';

/** One of these suffices in a mail about an application. An apostrophe may be straight or not. */
export const DECISIVE_EN = phrases({
  'decline your application': [
    /\b(?:decline|reject|declined|rejected|closing|closed|close) your (?:application|file|candidacy)\b|\byour application (?:has been|was|is) (?:rejected|declined|turned down)\b/gi,
    'your ',
  ],
  'unable to offer you': [
    /(?:\bnot|n['’]t) be offering you (?:an? |the |this |any )?(?:\w+ ){0,2}?(?:position|role|post|job|place|one|studentship)\b|\b(?:unable|not able|cannot|weren['’]t able|not be able|can['’]t|couldn['’]t|could not|aren['’]t able|not (?:be )?in a position)(?: to)? offer(?:ing)? you (?:an? |the |this |any )?(?:\w+ ){0,2}?(?:position|role|post|job|place|one|employment|internship|interview|apprenticeship|contract)\b/gi,
    'offer you',
    'offering you',
  ],
  'no longer under consideration': [
    /\bno longer (?:under|in|being) consider(?:ation|ed)\b|\b(?:unable|cannot|not able|not be able) (?:to )?consider your application\b/gi,
    'no longer ',
    'consider your',
  ],
  'no offer': [
    /(?:\bnot|n['’]t) (?:be |going to )?(?:approv|extend|mak)(?:e|ed|ing)? (?:you )?an offer\b|\b(?:unable|not able|cannot)(?: to)? include you\b/gi,
    'an offer',
    'include you',
  ],
  'offer withdrawn': [
    /\boffer\b[^.!?]{0,50}\b(?:is|has been|was) (?:hereby )?(?:withdrawn|rescinded|revoked)\b/gi,
    'offer',
  ],
  'unsuccessful for the post': [
    /\bunsuccessful in your application for (?:the|this|our) [\w ]{0,30}?(?:post|position|role|job|vacancy)\b|\bnot been (?:selected|shortlisted) for (?:that|the|this|our) [\w ]{0,30}?(?:post|position|role|vacancy)\b/gi,
    'unsuccessful',
    'not been ',
  ],
  'status: not selected': [
    /\b(?:status|decision|outcome|result): ?(?:not selected|unsuccessful|rejected|declined)\b/gi,
    'selected',
    'unsuccessful',
    'rejected',
    'declined',
  ],
  'say no': [/\bsay no to [^.!?]{0,60}\byou\b/gi, 'say no to'],
  'decided not to proceed': [
    /\b(?:decided|chosen|elected|opted) not to (?:move|proceed|progress|continue|pursue|advance|go (?:forward|ahead)|take|hire|extend|offer you)\b/gi,
    ' not to ',
  ],
  'will not be moving forward': [
    /(?:\b(?:will|are|am|is|have decided|were|can|would) ?not|\b(?:wo|are|is|ca|were|could)n['’]t|\b(?:i|we)['’](?:re|m|ll) not|\bunable|\bcannot)\b (?:to )?(?:be )?(?:able to |in a position to )?(?:(?:mov(?:e|ing)|go(?:ing)?) (?:you |your (?:application|candidacy|candidature) )?(?:forward|ahead|on)\b|(?:progress|proceed|continu|advanc|pursu)(?:e|ing)?\b (?:any )?(?:further|it|this|your|with your|with you|to (?:the|an?|interview)|with (?:an? )?(?:interview|application))|tak(?:e|ing)\b (?:your (?:application|candidacy|candidature)|you|this|it) (?:any )?(?:further|forward)|invit(?:e|ing) you\b|consider(?:ing)? (?:your application|you)\b)/gi,
    'not',
    "n't",
    'n’t',
    'unable',
  ],
  'application goes no further': [
    /\b(?:application|candidacy|candidature|it|neither)\b[^.!?]{0,30}\b(?:not|will) (?:be )?(?:proceed|progress|taken|progressed|considered|moving|going)\b (?:any )?(?:further|forward)/gi,
    'further',
    'forward',
  ],
  'forward with other candidates': [
    /\b(?:mov(?:e|ed|ing)|go(?:ing)?|went|proceed(?:ed|ing)?|pursu(?:e|ed|ing)|continu(?:e|ed|ing)|progress(?:ed|ing)?) (?:(?:forward|ahead|on) )?(?:with )?(?:(?:an)?other (?:\w+ )?(?:candidate|applicant|finalist|folk|people|person)s?|someone else|somebody else)\b/gi,
    'other ',
    ' else',
  ],
  'chosen other candidates': [
    /\b(?:chosen|selected|appointed|hired|picked|(?:offered|given) (?:the )?(?:job|role|position|post) to|offer (?:the )?(?:job|role|position|post) to) (?:(?:an)?other (?:\w+ )?(?:candidate|applicant|finalist|person)s?|someone else|somebody else)\b/gi,
    'other ',
    ' else',
  ],
  'someone with more': [
    /\b(?:we|i)(?:['’]ve| have)? (?:decided|chosen|chose|opted|elected) to (?:hire|appoint|employ|engage|take on|bring in|go with|offer (?:it|(?:the|this) \w+) to) (?:someone|somebody|a candidate|an applicant|a person|candidates|people) (?:who|whose|with)\b/gi,
    'someone',
    'somebody',
    'candidate',
    'applicant',
    'person',
    'people',
  ],
  'closer match': [
    /\b(?:candidates?|applicants?|people|others) whose (?:skills|experience|background|profile|qualifications?)\b[^.!?]{0,40}\b(?:closer|better|closely|stronger)\b/gi,
    ' whose ',
  ],
});

/** They suffice where the mail speaks of work: grants, suppliers and loans are applied for as well. */
export const GENERAL_EN = phrases({
  'position has been filled': [
    /\b(?:position|role|vacancy|opening|post|job) has (?:now |already |since )?been (?:filled|cancelled|canceled|withdrawn)\b/gi,
    'has ',
  ],
  'regret to inform': [
    /\bregrets? (?:to|that we (?:have to|must)) (?:inform|advise|tell|let|say|notify)\b[^.!?]{0,140}\b(?:not|unsuccessful|unable|cannot|other (?:candidate|applicant)s?|another (?:candidate|applicant)|filled|declin\w+|reject\w+|no longer|withdrawn)\b/gi,
    'regret',
  ],
  'not been selected': [
    /\b(?:you|your (?:application|profile|candidacy|candidature|cv|resume|résumé))(?:['’]ve| have| has| had| were| was| are)?(?:n['’]t| not) (?:been )?(?:selected|shortlisted|short-listed|chosen|successful|the successful)\b/gi,
    'selected',
    'listed',
    'chosen',
    'successful',
    'rejected',
    'declined',
  ],
  'unsuccessful on this occasion': [
    /\b(?:you|your)\b[^.!?]{0,40}\bunsuccessful\b|\byour application (?:has|was|is)(?: not been|n['’]t been| not|n['’]t) successful\b|\bunsuccessful (?:on this occasion|this time|in your application)\b|\bapplication (?:has been|was|is) (?:unsuccessful|not successful)\b/gi,
    'successful',
  ],
  'a different direction': [
    /\b(?:go|going|gone|went|move|moving) in (?:a different|another) direction\b/gi,
    'direction',
  ],
  'not the right fit': [
    /(?:\bnot|n['’]t) (?:quite |really )?(?:the|a) (?:right |good |best )?(?:fit|match)\b/gi,
    ' fit',
    ' match',
  ],
  'a no from us': [
    /\b(?:it['’]s|it is|this is) a no (?:from us|for now)\b|\b(?:we['’]re|we are) passing on\b/gi,
    ' a no ',
    'passing on',
  ],
  'better suited': [
    /\b(?:(?:an)?others?|candidates|applicants|someone|somebody)\b[^.!?]{0,60}\b(?:better|more closely|closer|stronger|more (?:relevant|suitable|directly))\b/gi,
    'other',
    'candidates',
    'applicants',
    'some',
  ],
  'gone to another': [
    /\bfill(?:ed)? the (?:post|position|role|vacancy)\b|\bfound someone (?:else|for)\b|\b(?:role|job|position|post|place) (?:has )?(?:went|gone|been given|been offered) to\b|\bclosing the process\b|\b(?:gone|went|going) (?:to|with) (?:(?:an)?other|someone|somebody)\b/gi,
    ' other',
    ' another',
    ' some',
    'role ',
    'job ',
    'position ',
    'post ',
    'place ',
    'closing the',
    'fill',
    'found someone',
  ],
  'decided against': [
    /\bdecided against\b|\bdecision not to\b|\bapplication did(?:n['’]t| not) (?:succeed|progress|make|meet)\b|\b(?:ended|concluded|discontinued) your (?:application|candidacy)\b|\bnot (?:be )?(?:called|invited) (?:for|to) (?:an )?interview\b/gi,
    'against',
    'decision not',
    'application did',
    'your ',
    'interview',
  ],
  'below the bar': [
    /(?:\bnot|n['’]t) me(?:e)?t the (?:bar|benchmark|minimum|required|essential|criteria)\b/gi,
    'the ',
  ],
});

export const SUPPORTING_EN = phrases({
  unfortunately: [
    /\b(?:unfortunately|sadly|i['’]m afraid|sorry to (?:say|tell)|not the news|no to many)\b/gi,
    'unfortunately',
    'sadly',
    'afraid',
    'sorry to',
    'not the news',
    'no to many',
  ],
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

export const CONTRARY_EN = phrases({
  'pleased to offer': [
    /\b(?<!would be )(?:pleased|delighted|happy|excited) to (?:offer|inform|announce|let you know|invite you to)\b|\bwould (?:still |also )?(?:like|love) to (?:offer|invite|interview)\b/gi,
    'pleased to',
    'delighted to',
    'happy to',
    'excited to',
    'would ',
  ],
  'next round': [
    /\b(?:move|moving|progress|advance|invite you)\b.{0,30}\b(?:next|final|second) (?:round|stage|step|interview)\b/gi,
    'next ',
    'final ',
    'second ',
  ],
  'must reschedule': [/\b(?:reschedule|postpone)\b/gi, 'reschedule', 'postpone'],
  withdrawal: [
    /(?<!\bto )\bwithdraw(?:al|ing|n)?\b(?! of (?:conditional|our|the) offer)(?! (?:of )?(?:your |my )?consent)(?<!offer .{0,60}withdrawn)(?<!been withdrawn)|\bas you (?:asked|requested|wished)\b|\byou (?:have |had )?accepted (?:an)?other\b|\bmy (?:application|candidacy)\b|\bi have decided to (?:decline|accept)\b/gi,
    'withdraw',
    'as you ',
    'you ',
    'my ',
    'i have',
  ],
  'sent in error': [
    /\b(?:sent|told|received|reached|was)\b[^.!?]{0,40}\b(?:in error|by mistake|mistakenly)\b|\b(?:disregard|ignore) (?:our|the|that|my)\b/gi,
    'in error',
    'mistake',
    'disregard',
    'ignore',
  ],
  'still open': [
    /\bfor the moment\b|\bkeep (?:it|your application) (?:active|open)\b|\bstill (?:interviewing|considering|reviewing)\b|\b(?:still (?:being )?(?:open|stands|running|reviewed|under review|be called)|not made a decision|(?:are|remain) (?:now )?on (?:our|the) (?:reserve|waiting) list|is not affected|see you on|you['’]re through|love to interview)\b/gi,
    'still',
    'for the moment',
    'keep ',
    'decision',
    ' list',
    'affected',
    'see you',
    'through',
    'interview',
  ],
});

export const NOT_TO_CANDIDATE_EN = phrases({
  'about somebody else': [
    /\b(?:your (?:candidates?|student|agency|referral|client)|for referring|letter of recommendation|let (?:him|her|them) know|submit (?:two|three|more|other) (?:more )?(?:profiles|candidates)|sending (?:over|us) your|the client has|(?:with|proceed with|forward with) (?:mr|ms|mrs|dr)\b\.? \w+|he was not|she was not|will send the rejection)\b/gi,
    'your ',
    'referring',
    'recommendation',
    'let ',
    'submit',
    'sending',
    'client',
    'with ',
    'was not',
    'will send',
  ],
  'to colleagues': [
    /\b(?:please comment|dear name|hi team|team, please|dear all|all, we)\b/gi,
    'comment',
    'dear',
    'team',
    'all, we',
  ],
});
