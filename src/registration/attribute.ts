const DAY = 24 * 60 * 60 * 1000;

export type AttributableLink = Readonly<{
  code: string;
  companyId: string;
  kind: 'candidate' | 'static';
  createdAt: Date;
}>;

export type AttributableClick = Readonly<{
  id: string;
  at: Date;
  code: string;
  companyId: string;
  class: 'human' | 'suspected' | 'scanner' | 'bot' | 'prefetch';
}>;

/** What a registration says of where it came from, and what is known about that. */
export type Provenance = Readonly<{
  code: string | null;
  clickId: string | null;
  occurredAt: Date;
  /** The link of `code`; undefined when no such link exists. */
  link: AttributableLink | undefined;
  /** All clicks on the links that the code and the click id lead to. */
  clicks: readonly AttributableClick[];
}>;

export type Unattributed =
  | 'nothing_named'
  | 'unknown_code'
  | 'expired'
  | 'unknown_click'
  | 'no_person_clicked';

/** Which company is credited, and the rule that decided. */
export type Attribution =
  | Readonly<{
      kind: 'code';
      companyId: string;
      code: string;
      rule: 'link_in_window' | 'click_in_window' | 'static_link';
    }>
  | Readonly<{
      kind: 'click';
      companyId: string;
      code: string;
      clickId: string;
      rule: 'last_click_in_window';
    }>
  | Readonly<{ kind: 'unattributed'; reason: Unattributed }>;

/** `suspected` counts as a person here: attribution must not be lost to a cautious guess. */
function byPerson(click: AttributableClick): boolean {
  return click.class === 'human' || click.class === 'suspected';
}

function byCode(link: AttributableLink, from: Provenance, inWindow: (at: Date) => boolean): Attribution {
  const { code, companyId } = link;
  if (link.kind === 'static') return { kind: 'code', companyId, code, rule: 'static_link' };
  if (inWindow(link.createdAt)) return { kind: 'code', companyId, code, rule: 'link_in_window' };
  const clicked = from.clicks.some((click) => click.code === code && byPerson(click) && inWindow(click.at));
  if (clicked) return { kind: 'code', companyId, code, rule: 'click_in_window' };
  return { kind: 'unattributed', reason: 'expired' };
}

function byClick(clickId: string, from: Provenance, inWindow: (at: Date) => boolean): Attribution {
  const named = from.clicks.find((click) => click.id === clickId);
  if (!named) return { kind: 'unattributed', reason: 'unknown_click' };
  const byPeople = from.clicks.filter((click) => click.code === named.code && byPerson(click));
  if (byPeople.length === 0) return { kind: 'unattributed', reason: 'no_person_clicked' };
  const last = byPeople
    .filter((click) => inWindow(click.at))
    .reduce<AttributableClick | undefined>(
      (latest, click) => (latest && latest.at >= click.at ? latest : click),
      undefined,
    );
  if (!last) return { kind: 'unattributed', reason: 'expired' };
  return {
    kind: 'click',
    companyId: last.companyId,
    code: last.code,
    clickId: last.id,
    rule: 'last_click_in_window',
  };
}

/**
 * Decides which company a registration is credited to.
 * The link's code decides first; its window starts anew with each click of a person, so a link that is opened late
 * still counts, and a scanner's click neither helps nor harms. A static link has no age. Where the code gives
 * nothing, the click id leads to the last click of a person on its link inside the window.
 * @param from what the registration names; times are compared with its `occurredAt`
 */
export function attribute(from: Provenance, rules: Readonly<{ attributionWindowDays: number }>): Attribution {
  const end = from.occurredAt.getTime();
  const start = end - rules.attributionWindowDays * DAY;
  const inWindow = (at: Date) => at.getTime() >= start;
  const first: Attribution = from.link
    ? byCode(from.link, from, inWindow)
    : { kind: 'unattributed', reason: from.code === null ? 'nothing_named' : 'unknown_code' };
  if (first.kind !== 'unattributed' || from.clickId === null) return first;
  const second = byClick(from.clickId, from, inWindow);
  return second.kind === 'unattributed' && from.code !== null ? first : second;
}
