import type { Role } from '../company/members.js';
import type { Session } from '../web/session.js';
import { type PlaceWords, placeWordsOf } from './place-words.js';
import type { Place } from './views/frame.js';
import { wordsOf } from './words.js';

/** Pages that are for some roles are not in the menu of the others. */
type Listed = Place & Readonly<{ roles?: readonly Role[] }>;

const WRITERS: readonly Role[] = ['member', 'admin'];
const ADMINS: readonly Role[] = ['admin'];

function mailPlaces(w: PlaceWords, waiting: number | undefined): Listed[] {
  return [
    { href: '/dashboard/messages', label: w.journal },
    { href: '/dashboard/review', label: w.review, waiting },
  ];
}

function linkPlaces(w: PlaceWords): Listed[] {
  return [
    { href: '/dashboard/links', label: w.links },
    { href: '/dashboard/lines', label: w.lines },
    { href: '/dashboard/csv', label: w.table, roles: WRITERS },
  ];
}

function settingPlaces(w: PlaceWords): Listed[] {
  return [
    { href: '/dashboard/settings', label: w.general },
    { href: '/dashboard/setup', label: w.connection },
    { href: '/dashboard/credentials', label: w.credentials, roles: ADMINS },
    { href: '/dashboard/members', label: w.members },
    { href: '/dashboard/exports', label: w.exports },
    { href: '/dashboard/audit', label: w.audit, roles: ADMINS },
  ];
}

/**
 * What stands in the menu of a company's people: five places, most of them with pages within.
 * @param waiting how many mails wait for an answer, where the page knows
 */
export function placesOf(who: Session, waiting?: number): Place[] {
  const { nav } = wordsOf(who.locale);
  const w = placeWordsOf(who.locale);
  const mine = (places: readonly Listed[]) =>
    places.filter(({ roles }) => !roles || roles.includes(who.member.role));
  return [
    { href: '/dashboard', label: nav.overview },
    {
      href: '/dashboard/messages',
      label: nav.messages,
      waiting,
      within: mine(mailPlaces(w, waiting)),
    },
    { href: '/dashboard/links', label: nav.links, within: mine(linkPlaces(w)) },
    { href: '/dashboard/credits', label: nav.credits },
    { href: '/dashboard/settings', label: nav.settings, within: mine(settingPlaces(w)) },
  ];
}
