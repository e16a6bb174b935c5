import { readFile } from 'node:fs/promises';
import type { Locale } from '../company/store.js';

export type TemplateName = 'verification' | 'my-data' | 'notice' | 'monthly' | 'sign-in';
export type Values = Readonly<Record<string, string>>;

const DIRECTORY = new URL('../../templates/', import.meta.url);
const PLACEHOLDER = /\{\{(\w+)\}\}/g;

const rendered = new Map<string, Promise<string>>();

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

async function compile(name: TemplateName, locale: Locale): Promise<string> {
  // Half of what the whole program takes to load, for a mail now and then.
  const { default: mjml2html } = await import('mjml');
  const source = await readFile(new URL(`${name}.mjml`, DIRECTORY), 'utf8');
  const { html, errors } = await mjml2html(source.replace('{{locale}}', locale), {
    validationLevel: 'strict',
  });
  if (errors.length > 0) throw new Error(`${name}.mjml: ${errors[0]?.formattedMessage}`);
  return html;
}

/**
 * Fills a mail template. MJML takes a tenth of a second, so each template is compiled once per language and kept;
 * values come in afterwards, escaped for HTML text and attributes.
 * @param values one for each placeholder of the template
 * @throws Error when a placeholder has no value
 */
export async function renderMail(name: TemplateName, locale: Locale, values: Values): Promise<string> {
  const key = `${name}/${locale}`;
  const html = rendered.get(key) ?? compile(name, locale);
  rendered.set(key, html);
  return (await html).replace(PLACEHOLDER, (_, placeholder: string) => {
    const value = values[placeholder];
    if (value === undefined) throw new Error(`${name}.mjml: no value for ${placeholder}`);
    return escaped(value);
  });
}
