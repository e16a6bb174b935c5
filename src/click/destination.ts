import { Lru } from './lru.js';

/** Makes the address that a redirect names, of a link's code and a click's id. */
export type Destination = (code: string, clickId: string) => string;

/** Stand in for the placeholders while the URL parser normalises the rest; it would escape the braces. */
const CODE_MARK = '0c0de0c0de0c0de0';
const CLICK_MARK = '0c11c40c11c40c11';

/**
 * Compiles a destination URL. `{code}` and `{click}` are filled in; a template with neither gets the query parameters
 * `cr_code` and `cr_click`, in place of any of that name. Codes and ids are URL-safe by their alphabets.
 * @returns undefined for what is no http(s) URL
 */
export function compileDestination(template: string): Destination | undefined {
  const marked = template.replaceAll('{code}', CODE_MARK).replaceAll('{click}', CLICK_MARK);
  if (!URL.canParse(marked)) return undefined;
  const url = new URL(marked);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (marked === template) {
    url.searchParams.delete('cr_code');
    url.searchParams.delete('cr_click');
    url.searchParams.append('cr_code', CODE_MARK);
    url.searchParams.append('cr_click', CLICK_MARK);
  }
  const parts = url.href.split(new RegExp(`(${CODE_MARK}|${CLICK_MARK})`));
  return (code, clickId) => {
    let location = '';
    for (const part of parts) {
      if (part === CODE_MARK) location += encodeURIComponent(code);
      else location += part === CLICK_MARK ? clickId : part;
    }
    return location;
  };
}

/** Companies with a destination of their own are few; the compiled form of each is kept. */
const COMPILED_LIMIT = 1_000;

/**
 * Decides where links lead: to the company's own destination, else the service's, else the built-in page.
 * @param service `config.destinationUrl`
 * @param baseUrl public URL without a trailing slash; the built-in page is `/join/{code}` below it
 */
export function createDestinations(service: string | undefined, baseUrl: string) {
  const builtIn: Destination = (code, clickId) =>
    `${baseUrl}/join/${encodeURIComponent(code)}?click=${clickId}`;
  const common = (service === undefined ? undefined : compileDestination(service)) ?? builtIn;
  const compiled = new Lru<string, Destination>(COMPILED_LIMIT);

  return {
    /** @param own the company's destination, null where it has none; a malformed one counts as none */
    locate(own: string | null, code: string, clickId: string): string {
      if (own === null) return common(code, clickId);
      let destination = compiled.get(own);
      if (!destination) {
        destination = compileDestination(own) ?? common;
        compiled.set(own, destination);
      }
      return destination(code, clickId);
    },
    /** Where somebody without a code may go on: the destination's own front page, or our form without a company. */
    front: service ? `${new URL(common('', '')).origin}/` : `${baseUrl}/join`,
  };
}

export type Destinations = ReturnType<typeof createDestinations>;
