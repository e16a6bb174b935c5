import type { ComponentChildren } from 'preact';
import type { Company } from '../../company/store.js';
import type { Adjustment } from '../../credit/adjustment-store.js';
import type { Exclusion } from '../../credit/exclusion.js';
import type { ProgramRules } from '../../credit/program.js';
import type { DatedRules } from '../../credit/program-change.js';
import type { StatementEntry } from '../../credit/statement.js';
import type { RedemptionRow } from '../../credit/store.js';
import type { Session } from '../../web/session.js';
import type { CreditWords, Said } from '../credit-words.js';
import type { SettingsSaid } from '../settings-words.js';
import type { Sums } from './credits.js';
import type { View } from './view.js';

export type CompanyDesk = Readonly<{
  company: Company;
  sums: Sums;
  rules: ProgramRules;
  history: readonly DatedRules[];
  redemptions: readonly RedemptionRow[];
  adjustments: readonly Adjustment[];
  entries: readonly StatementEntry[];
  /** `YYYY-MM`, the newest first. */
  months: readonly string[];
  exclusions: readonly Exclusion[];
  said: Said | undefined;
  settingsSaid: SettingsSaid | undefined;
  /** The id that the next proposal will have, so that a form sent twice proposes once. */
  nextAdjustment: string;
}>;

/** What each part of the page is given. */
export type Part = Readonly<{ who: Session; view: View; c: CreditWords; desk: CompanyDesk }>;

/** A form of this company's desk. @param to the last part of its address */
export function Form({
  part: { who, desk },
  to,
  children,
  className = 'fields',
}: {
  part: Part;
  to: string;
  children: ComponentChildren;
  className?: string;
}) {
  return (
    <form class={className} method="post" action={`/operator/companies/${desk.company.id}/${to}`}>
      <input type="hidden" name="csrf" value={who.csrf} />
      {children}
    </form>
  );
}

export function Head({ names }: { names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A table that may be wider than the screen. */
export function Scroll({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={title}>
      {children}
    </section>
  );
}
