/** What the cache knows of a company: where its links lead, and on which host they live. */
export type CachedCompany = Readonly<{
  id: string;
  destinationUrl: string | null;
  linkHost: string | null;
}>;

/** What a fleet remembers of links, for the time when the database is away. Nothing waits for it, nothing fails by it. */
export interface LinkCache {
  /** Call with links that are in the database now, or will be when the transaction commits. */
  keepLinks(companyId: string, codes: readonly string[]): void;
  /** Call when a company was made or changed. */
  keepCompany(company: CachedCompany): void;
  /** Call with a company's static link. */
  keepStatic(companyId: string, slug: string, code: string): void;
}
