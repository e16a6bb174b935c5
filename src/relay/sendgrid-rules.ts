import type { CompanyRule } from '../company/rules.js';
import type { Policy } from '../company/store.js';
import type { BlockWording, RelayBlock } from './block.js';
import type { LabelExclusions } from './block-wording.js';
import type { Untouched } from './decide.js';
import type { SkipReason } from './insert-reason.js';
import type { Splice } from './splice.js';

/** Why a personalization goes out as it came. */
export type SendgridReason =
  | Untouched
  | SkipReason
  /** The text is in the template, which we do not see, and nobody says that it shows the link. */
  | 'template-unseen'
  /** A tag of the sender's occurs in what we would insert: SendGrid would replace it there. */
  | 'tag-collision'
  /** Ours and the sender's substitutions together pass SendGrid's 10,000 bytes. */
  | 'substitutions-full'
  /** Placeholders in a text that somebody is to get without a link. */
  | 'mixed-request'
  /** A step of ours failed. */
  | `fault-${string}`;

export type SendgridRules = Readonly<{
  policy: Policy;
  /** What the company's people decided about mails like this one; they come before the words. */
  companyRules?: readonly CompanyRule[];
  /** The company's permanent URL; empty where it has none. */
  staticUrl: string;
  /** What links of ours begin with. */
  linkBaseUrls: readonly string[];
  agency: RelayBlock['agency'];
  /** The company's own words, and the jobs and stages for which it gives no link. */
  wording?: BlockWording;
  exclusions?: LabelExclusions;
  /** Letters and digits, others each time. */
  newTag: () => string;
}>;

/** A way to put links in: the splices, or the reason against it. */
export type Written =
  | Readonly<{ kind: 'written'; splices: readonly Splice[] }>
  | Readonly<{ kind: 'skipped'; reason: SendgridReason }>;
