import type { Locale } from '../company/store.js';
import type { Config } from '../config.js';

export const PURPOSES = ['provide_to_agency', 'inform_company', 'follow_up'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What the candidate ticked. Without `provide_to_agency` there is no registration. */
export type Choices = Readonly<Record<Purpose, boolean>>;

/** Changes whenever a word of the consent boxes or of the purposes of use changes; kept with every consent. */
export const CONSENT_VERSION = '2026-11';

/** The version of the text as it was shown: the translation is another text. */
export function textVersion(locale: Locale): string {
  return `${CONSENT_VERSION}/${locale}`;
}

/** What goes to the agency, by the names of the fields (個人情報保護法 29条 asks for the items to be recorded). */
export const PROVIDED_ITEMS = ['name', 'email'] as const;

/** Who receives the data: the agency by name, or the operator where no agency is set. */
export function recipientOf(config: Pick<Config, 'agency'>): string {
  return config.agency.name ?? config.agency.operatorName;
}
