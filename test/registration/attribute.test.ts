import {
  type AttributableClick,
  type AttributableLink,
  type Attribution,
  attribute,
  type Provenance,
} from '../../src/registration/attribute.js';

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-11-22T00:00:00Z');
const RULES = { attributionWindowDays: 180 };
const ago = (days: number) => new Date(NOW.getTime() - days * DAY);

const link = (days: number, kind: AttributableLink['kind'] = 'candidate'): AttributableLink => ({
  code: 'code',
  companyId: 'aoba',
  kind,
  createdAt: ago(days),
});
const click = (id: string, days: number, visitor: AttributableClick['class']): AttributableClick => ({
  id,
  at: ago(days),
  code: 'code',
  companyId: 'aoba',
  class: visitor,
});
const byCode = (link: AttributableLink | undefined, ...clicks: AttributableClick[]): Provenance => ({
  code: 'code',
  clickId: null,
  occurredAt: NOW,
  link,
  clicks,
});
const byClick = (clickId: string | null, ...clicks: AttributableClick[]): Provenance => ({
  code: null,
  clickId,
  occurredAt: NOW,
  link: undefined,
  clicks,
});
const credited = { kind: 'code', companyId: 'aoba', code: 'code' } as const;
const clicked = { kind: 'click', companyId: 'aoba', code: 'code', rule: 'last_click_in_window' } as const;
const none = (reason: string) => ({ kind: 'unattributed', reason });

const TABLE: [string, Provenance, object][] = [
  ['link_in_window: a fresh link', byCode(link(1)), { ...credited, rule: 'link_in_window' }],
  ['link_in_window: to the last day', byCode(link(180)), { ...credited, rule: 'link_in_window' }],
  [
    'link_in_window: whatever a scanner did',
    byCode(link(1), click('a', 0, 'scanner')),
    { ...credited, rule: 'link_in_window' },
  ],
  ['expired: an old link', byCode(link(181)), none('expired')],
  [
    'click_in_window: an old link, opened again by a person',
    byCode(link(400), click('a', 3, 'human')),
    { ...credited, rule: 'click_in_window' },
  ],
  [
    'click_in_window: suspected is enough',
    byCode(link(400), click('a', 3, 'suspected')),
    { ...credited, rule: 'click_in_window' },
  ],
  [
    'expired: an old link, opened again by a scanner',
    byCode(link(400), click('a', 3, 'scanner')),
    none('expired'),
  ],
  ['expired: an old link with an old click', byCode(link(400), click('a', 181, 'human')), none('expired')],
  ['static_link: has no age', byCode(link(4000, 'static')), { ...credited, rule: 'static_link' }],
  ['unknown_code', byCode(undefined), none('unknown_code')],
  ['nothing_named', byClick(null), none('nothing_named')],
  ['unknown_click', byClick('a'), none('unknown_click')],
  ['last_click_in_window', byClick('a', click('a', 2, 'human')), { ...clicked, clickId: 'a' }],
  [
    'last_click_in_window: the last of them',
    byClick('a', click('a', 9, 'human'), click('c', 1, 'suspected'), click('b', 5, 'human')),
    { ...clicked, clickId: 'c' },
  ],
  [
    'last_click_in_window: the named one was a scanner, a person clicked too',
    byClick('a', click('a', 1, 'scanner'), click('b', 5, 'human')),
    { ...clicked, clickId: 'b' },
  ],
  ...(['scanner', 'bot', 'prefetch'] as const).map((visitor): [string, Provenance, object] => [
    `no_person_clicked: ${visitor}`,
    byClick('a', click('a', 1, visitor)),
    none('no_person_clicked'),
  ]),
  ['expired: an old click', byClick('a', click('a', 181, 'human')), none('expired')],
  [
    'an unknown code falls back to the click',
    { ...byClick('a', click('a', 1, 'human')), code: 'other' },
    { ...clicked, clickId: 'a' },
  ],
  [
    'an unknown code and an unknown click: the code is the reason',
    { ...byClick('a'), code: 'other' },
    none('unknown_code'),
  ],
];

test.each(TABLE)('%s', (_, from, expected) => {
  expect(attribute(from, RULES)).toEqual(expected as Attribution);
});
