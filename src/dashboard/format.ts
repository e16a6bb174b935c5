import type { Locale } from '../company/store.js';
import type { Words } from './words.js';

/** How a page writes numbers and moments: in its language, in the company's time zone. */
export type Format = Readonly<{
  number(value: number): string;
  /** One decimal; a dash where there is nothing to divide by. */
  percent(ratio: number | null): string;
  /** A calendar day (`YYYY-MM-DD`), without its year. */
  day(day: string): string;
  /** Two days as a span, with the year. */
  span(from: string, to: string): string;
  /** A day as short as an axis wants it. */
  tick(day: string): string;
  /** The day of a moment, without its year. */
  date(at: Date): string;
  /** A moment to the second, with its year: for records. */
  exact(at: Date): string;
  /** A moment to the minute. */
  moment(at: Date): string;
  /** How long ago, in the largest unit that fits. */
  ago(at: Date, now: Date): string;
}>;

const TAGS: Readonly<Record<Locale, string>> = { ja: 'ja-JP', en: 'en-GB' };

export function formatOf(locale: Locale, timeZone: string, words: Words): Format {
  const tag = TAGS[locale];
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const long = locale === 'ja' ? 'long' : 'short';
  const day = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', month: long, day: 'numeric' });
  const full = new Intl.DateTimeFormat(tag, {
    timeZone: 'UTC',
    year: 'numeric',
    month: long,
    day: 'numeric',
  });
  const tick = new Intl.DateTimeFormat(tag, {
    timeZone: 'UTC',
    month: locale === 'ja' ? 'numeric' : 'short',
    day: 'numeric',
  });
  const moment = new Intl.DateTimeFormat(tag, {
    timeZone,
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  const date = new Intl.DateTimeFormat(tag, { timeZone, month: long, day: 'numeric' });
  const exact = new Intl.DateTimeFormat(tag, { timeZone, dateStyle: 'medium', timeStyle: 'medium' });
  const utc = (text: string) => new Date(`${text}T00:00:00Z`);
  return {
    number: (value) => number.format(value),
    percent: (ratio) => (ratio === null ? '–' : percent.format(ratio)),
    day: (text) => day.format(utc(text)),
    span: (from, to) => spanOf(locale, full, day, utc(from), utc(to)),
    tick: (text) => tick.format(utc(text)),
    date: (at) => date.format(at),
    exact: (at) => exact.format(at),
    moment: (at) => moment.format(at),
    ago: (at, now) => ago(Math.floor((now.getTime() - at.getTime()) / 60_000), words),
  };
}

/** Japanese ranges of Intl fall back to slashes; a dash between two written dates reads better. */
function spanOf(
  locale: Locale,
  full: Intl.DateTimeFormat,
  day: Intl.DateTimeFormat,
  from: Date,
  to: Date,
): string {
  if (locale === 'en') return full.formatRange(from, to);
  const sameYear = from.getUTCFullYear() === to.getUTCFullYear();
  return `${full.format(from)} – ${(sameYear ? day : full).format(to)}`;
}

function ago(minutes: number, words: Words): string {
  if (minutes < 1) return words.ago.now;
  if (minutes < 60) return words.ago.minutes(minutes);
  if (minutes < 60 * 24) return words.ago.hours(Math.floor(minutes / 60));
  return words.ago.days(Math.floor(minutes / (60 * 24)));
}
