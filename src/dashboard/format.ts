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
  const tick = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', month: 'numeric', day: 'numeric' });
  const moment = new Intl.DateTimeFormat(tag, {
    timeZone,
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  const utc = (text: string) => new Date(`${text}T00:00:00Z`);
  return {
    number: (value) => number.format(value),
    percent: (ratio) => (ratio === null ? '–' : percent.format(ratio)),
    day: (text) => day.format(utc(text)),
    span: (from, to) =>
      `${full.format(utc(from))} – ${sameYear(from, to) ? day.format(utc(to)) : full.format(utc(to))}`,
    tick: (text) => tick.format(utc(text)),
    moment: (at) => moment.format(at),
    ago: (at, now) => ago(Math.floor((now.getTime() - at.getTime()) / 60_000), words),
  };
}

function sameYear(from: string, to: string): boolean {
  return from.slice(0, 4) === to.slice(0, 4);
}

function ago(minutes: number, words: Words): string {
  if (minutes < 1) return words.ago.now;
  if (minutes < 60) return words.ago.minutes(minutes);
  if (minutes < 60 * 24) return words.ago.hours(Math.floor(minutes / 60));
  return words.ago.days(Math.floor(minutes / (60 * 24)));
}
