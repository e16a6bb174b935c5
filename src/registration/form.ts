import { z } from 'zod';
import { type Choices, PURPOSES } from './consent.js';
import type { FieldError } from './words.js';

const NAME_LENGTH = 100;
/** RFC 5321 §4.5.3.1.3: 256 octets for a path, which includes the angle brackets. */
const ADDRESS_LENGTH = 254;
/**
 * Deliberately loose: docomo and au gave out addresses with two dots in a row or a dot before the @, which RFC 5322
 * forbids and which work. The mail itself proves the address.
 */
const ADDRESS = /^[^\s@<>(),:;"\\[\]]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.[\p{L}\p{N}-]{2,}$/u;

type Faults = Readonly<{ name?: FieldError; email?: FieldError; consent?: FieldError }>;

export type Form = Readonly<{ name: string; email: string; choices: Choices }>;

export type ReadForm = Readonly<{
  clickId: string | null;
  /** As the candidate typed it, to be shown again. */
  typed: Form;
  checked: Readonly<{ kind: 'sound'; form: Form }> | Readonly<{ kind: 'faulty'; errors: Faults }>;
}>;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const uuid = z.guid();

/** A click's id, or null for anything that cannot be one. */
export function readId(value: unknown): string | null {
  return uuid.safeParse(value).data ?? null;
}

function nameFault(name: string): FieldError | undefined {
  if (name === '') return 'name_missing';
  return name.length > NAME_LENGTH ? 'name_long' : undefined;
}

function emailFault(email: string): FieldError | undefined {
  if (email === '') return 'email_missing';
  return email.length > ADDRESS_LENGTH || !ADDRESS.test(email) ? 'email_malformed' : undefined;
}

/** Line breaks and other controls have no place in a name; a full-width ＠ or letter in an address is meant as ASCII. */
function cleaned(typed: Form): Form {
  const name = typed.name.replace(/\p{Cc}+/gu, ' ').trim();
  return { ...typed, name, email: typed.email.normalize('NFKC').trim() };
}

/** Reads the posted form. Never throws: whatever came is either sound or told field by field. */
export function readForm(body: unknown): ReadForm {
  const given = (body ?? {}) as Record<string, unknown>;
  const choices = Object.fromEntries(PURPOSES.map((one) => [one, given[one] === 'yes'])) as Choices;
  const typed = { name: textOf(given.name), email: textOf(given.email), choices };
  const form = cleaned(typed);
  const faults: [keyof Faults, FieldError | undefined][] = [
    ['name', nameFault(form.name)],
    ['email', emailFault(form.email)],
    ['consent', choices.provide_to_agency ? undefined : 'consent_missing'],
  ];
  const errors: Faults = Object.fromEntries(faults.filter(([, fault]) => fault !== undefined));
  const sound = Object.keys(errors).length === 0;
  return {
    clickId: readId(given.click),
    typed,
    checked: sound ? { kind: 'sound', form } : { kind: 'faulty', errors },
  };
}

/** Reads one posted address; `email` is undefined where what was typed is none. */
export function readAddress(body: unknown): Readonly<{ typed: string; email: string | undefined }> {
  const typed = textOf((body as Record<string, unknown> | undefined)?.email);
  const email = typed.normalize('NFKC').trim();
  return { typed, email: emailFault(email) ? undefined : email };
}
