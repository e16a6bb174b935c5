import { isCode } from '../link/code.js';
import { readStaticLabels, type StaticLabels } from './static-labels.js';
import type { LookupBy } from './store.js';

/** What a request asks of us: a link, a page that says there is no such link, or nothing that we serve. */
export type Asked =
  | Readonly<{ kind: 'link'; by: LookupBy; key: string; labels?: StaticLabels }>
  | Readonly<{ kind: 'no_link' }>
  | Readonly<{ kind: 'not_ours' }>;

const NO_LINK: Asked = { kind: 'no_link' };
const NOT_OURS: Asked = { kind: 'not_ours' };
/** Slugs as companies have them; anything else is not worth a question to the store. */
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/**
 * Compiles the reading of request targets. Codes are also read in capitals and with more behind a slash.
 * @param linkBaseUrl what short links start with, without a trailing slash
 * @param baseUrl public URL, below which `/c/{slug}` stands, and with labels `/c/{slug}/{job}/{stage}`
 */
export function createTargetReader(linkBaseUrl: string, baseUrl: string) {
  const prefix = `${new URL(linkBaseUrl).pathname.replace(/\/$/, '')}/`;
  const staticPrefix = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/c/`;
  const linkHost = new URL(linkBaseUrl).host;

  /** What stands behind a code changes nothing: a mail program may have glued it on. */
  function bareCode(path: string): string | undefined {
    const end = path.indexOf('/', 1);
    const code = path.slice(1, end === -1 ? undefined : end).toLowerCase();
    return isCode(code) ? code : undefined;
  }

  /** @param host the request's host, asked only where it matters */
  return (url: string, host: () => string): Asked => {
    const path = pathOf(url);
    if (prefix !== '/' && path.startsWith(prefix)) {
      const code = bareCode(path.slice(prefix.length - 1));
      return code === undefined ? NO_LINK : { kind: 'link', by: 'code', key: code };
    }
    if (path.startsWith(staticPrefix)) {
      const [name = '', ...labels] = path.slice(staticPrefix.length).replace(/\/$/, '').split('/');
      const slug = name.toLowerCase();
      if (!SLUG.test(slug)) return NO_LINK;
      return { kind: 'link', by: 'slug', key: slug, labels: readStaticLabels(labels) };
    }
    const code = bareCode(path);
    if (code === undefined) return NOT_OURS;
    return { kind: 'link', by: prefix === '/' && host() === linkHost ? 'code' : 'host', key: code };
  };
}
