/** Calendar days as `YYYY-MM-DD`. They carry no time zone: only `dayOf` knows one. */

const DAY = 86_400_000;

/** The day that a moment falls on in a time zone (IANA name). */
export function dayOf(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** Whether a text is a day of the calendar: 2026-02-30 is none. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    addDays(text, 0) === text
  );
}

export type Step = 'day' | 'week' | 'month';

/** The first day of the step that a day is in; weeks begin on Monday (ISO 8601). */
export function stepOf(day: string, step: Step): string {
  if (step === 'day') return day;
  if (step === 'month') return `${day.slice(0, 7)}-01`;
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/** All steps from the one that holds `from` to the one that holds `to`. */
export function stepsBetween(from: string, to: string, step: Step): string[] {
  const steps: string[] = [];
  for (let day = stepOf(from, step); day <= to; ) {
    steps.push(day);
    day = step === 'month' ? stepOf(addDays(day, 31), 'month') : addDays(day, step === 'week' ? 7 : 1);
  }
  return steps;
}
