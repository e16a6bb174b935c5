import type { Labels } from '../link/mint.js';
import type { Place } from './json-places.js';
import type { Personalization, SendgridMail } from './sendgrid-mail.js';
import { replaceValue } from './sendgrid-write.js';
import type { Splice } from './splice.js';

export type SendgridControl = Readonly<{ action?: 'insert' | 'skip'; labels: Labels }>;

const OURS = /^x-career-relay/i;

/** What the sender asks for in X-Career-Relay* header fields: the personalization's own before those of all. */
export function controlOf(mail: SendgridMail, one: Personalization): SendgridControl {
  const fields = new Map<string, string>();
  for (const headers of [mail.headers, one.headers]) {
    for (const [name, value] of Object.entries(headers)) fields.set(name.toLowerCase(), value.trim());
  }
  const value = (name: string) => fields.get(`x-career-relay${name}`) || undefined;
  const action = value('')?.toLowerCase();
  return {
    ...((action === 'insert' || action === 'skip') && { action }),
    labels: {
      job: value('-job'),
      stage: value('-stage'),
      source: value('-source'),
      externalId: value('-candidate'),
    },
  };
}

/** Takes our control fields out: they are ours, and nobody else's to read. */
export function withoutControl(mail: SendgridMail): Splice[] {
  return [
    ...cleaned(mail.headers, mail.places.headers),
    ...mail.personalizations.flatMap(({ headers, places }) => cleaned(headers, places.headers)),
  ];
}

function cleaned(headers: Readonly<Record<string, string>>, place: Place | undefined): Splice[] {
  const names = Object.keys(headers);
  if (!place || !names.some((name) => OURS.test(name))) return [];
  const kept = names.filter((name) => !OURS.test(name)).map((name) => [name, headers[name]]);
  return [replaceValue(place, Object.fromEntries(kept))];
}
