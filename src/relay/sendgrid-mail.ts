import { isUtf8 } from 'node:buffer';
import type { AttachmentFacts, Content } from './contents.js';
import { itemsOf, JsonShapeError, membersOf, type Place, parseAt } from './json-places.js';

/** One personalization: a mail of its own, made of the texts that all share. */
export type Personalization = Readonly<{
  /** Everybody who gets it: `to`, `cc` and `bcc`. */
  addresses: readonly string[];
  subject: string | undefined;
  headers: Readonly<Record<string, string>>;
  substitutions: Readonly<Record<string, string>>;
  /** Whether the sender's own template data have a `relay_url`. */
  hasRelayUrl: boolean;
  places: Readonly<{
    whole: Place;
    headers: Place | undefined;
    substitutions: Place | undefined;
    templateData: Place | undefined;
  }>;
}>;

/** A request to SendGrid's `POST /v3/mail/send`, as far as we read it, with where things stand in its bytes. */
export type SendgridMail = Readonly<{
  json: Buffer;
  from: string;
  subject: string;
  /** `dynamic` takes template data (its id begins with `d-`), `legacy` takes substitutions. */
  template: 'none' | 'dynamic' | 'legacy';
  /** Empty where it has none. */
  templateId: string;
  /** Checked and not sent (mail_settings.sandbox_mode). */
  isSandbox: boolean;
  headers: Readonly<Record<string, string>>;
  contents: readonly (Content & Readonly<{ place: Place }>)[];
  attachments: readonly AttachmentFacts[];
  personalizations: readonly Personalization[];
  /** What SendGrid replaces in the texts besides substitutions: sections, and the tags of its tracking. */
  otherTags: readonly string[];
  places: Readonly<{ headers: Place | undefined }>;
}>;

/** SendGrid takes no more in one request. */
const MOST_PERSONALIZATIONS = 1_000;

type Members = ReadonlyMap<string, Place>;

/**
 * Reads a request. Whether SendGrid will take it is SendGrid's to say.
 * @returns undefined where it is not what its description says: then nothing of it is touched
 */
export function readSendgridMail(json: Buffer): SendgridMail | undefined {
  if (!isUtf8(json)) return undefined;
  try {
    return readMail(json);
  } catch (error) {
    if (error instanceof JsonShapeError) return undefined;
    throw error;
  }
}

function readMail(json: Buffer): SendgridMail {
  const top = membersOf(json, { from: 0, to: json.length });
  const text = (key: string) => textIn(json, top, key);
  const templateId = text('template_id') ?? '';
  const list = top.get('personalizations');
  const personalizations = list ? itemsOf(json, list).map((place) => readPersonalization(json, place)) : [];
  if (personalizations.length === 0 || personalizations.length > MOST_PERSONALIZATIONS) {
    throw new JsonShapeError('personalizations');
  }
  return {
    json,
    from: addressIn(json, top.get('from')),
    subject: text('subject') ?? '',
    template: templateId === '' ? 'none' : templateId.startsWith('d-') ? 'dynamic' : 'legacy',
    templateId,
    isSandbox: isSandbox(json, top),
    headers: textsIn(json, top.get('headers')),
    contents: readContentList(json, top.get('content')),
    attachments: readAttachments(json, top.get('attachments')),
    personalizations,
    otherTags: readOtherTags(json, top),
    places: { headers: top.get('headers') },
  };
}

function readPersonalization(json: Buffer, whole: Place): Personalization {
  const members = membersOf(json, whole);
  const addresses = ['to', 'cc', 'bcc'].flatMap((key) => {
    const list = members.get(key);
    return list ? itemsOf(json, list).map((place) => addressIn(json, place)) : [];
  });
  const templateData = members.get('dynamic_template_data');
  return {
    addresses,
    subject: textIn(json, members, 'subject'),
    headers: textsIn(json, members.get('headers')),
    substitutions: textsIn(json, members.get('substitutions')),
    hasRelayUrl: templateData !== undefined && membersOf(json, templateData).has('relay_url'),
    places: {
      whole,
      headers: members.get('headers'),
      substitutions: members.get('substitutions'),
      templateData,
    },
  };
}

function readContentList(json: Buffer, list: Place | undefined): SendgridMail['contents'] {
  if (!list) return [];
  return itemsOf(json, list).map((item) => {
    const members = membersOf(json, item);
    const place = members.get('value');
    const value = textIn(json, members, 'value');
    if (!place || value === undefined) throw new JsonShapeError('content');
    return { type: textIn(json, members, 'type') ?? '', value, place };
  });
}

/** Of what is attached only the labels are read, never the content. */
function readAttachments(json: Buffer, list: Place | undefined): AttachmentFacts[] {
  if (!list) return [];
  return itemsOf(json, list).map((item) => {
    const members = membersOf(json, item);
    const text = (key: string) => textIn(json, members, key);
    return { type: text('type'), filename: text('filename'), disposition: text('disposition') };
  });
}

function isSandbox(json: Buffer, top: Members): boolean {
  const settings = top.get('mail_settings');
  const sandbox = settings && membersOf(json, settings).get('sandbox_mode');
  const enable = sandbox && membersOf(json, sandbox).get('enable');
  return enable !== undefined && parseAt(json, enable) === true;
}

function readOtherTags(json: Buffer, top: Members): string[] {
  const sections = Object.keys(textsIn(json, top.get('sections')));
  const tracking = top.get('tracking_settings');
  const settings = tracking ? [...membersOf(json, tracking).values()] : [];
  const tags = settings.flatMap(
    (setting) => textIn(json, membersOf(json, setting), 'substitution_tag') ?? [],
  );
  return [...sections, ...tags];
}

function textIn(json: Buffer, members: Members, key: string): string | undefined {
  const place = members.get(key);
  if (!place) return undefined;
  const value = parseAt(json, place);
  if (typeof value !== 'string') throw new JsonShapeError(key);
  return value;
}

function addressIn(json: Buffer, place: Place | undefined): string {
  if (!place) return '';
  return textIn(json, membersOf(json, place), 'email') ?? '';
}

function textsIn(json: Buffer, place: Place | undefined): Record<string, string> {
  if (!place) return {};
  const members = membersOf(json, place);
  // A key such as __proto__ is a key like any other.
  const texts: Record<string, string> = Object.create(null);
  for (const key of members.keys()) texts[key] = textIn(json, members, key)!;
  return texts;
}
