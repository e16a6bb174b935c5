/** Providers whose domain many people share, and what each of them goes by in figures. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['gmail.com', 'gmail.com'],
  ['googlemail.com', 'gmail.com'],
  ['outlook.com', 'outlook.com'],
  ['outlook.jp', 'outlook.com'],
  ['hotmail.com', 'outlook.com'],
  ['hotmail.co.jp', 'outlook.com'],
  ['live.jp', 'outlook.com'],
  ['icloud.com', 'icloud.com'],
  ['me.com', 'icloud.com'],
  ['mac.com', 'icloud.com'],
  ['yahoo.co.jp', 'yahoo.co.jp'],
  ['ymail.ne.jp', 'yahoo.co.jp'],
  ['yahoo.com', 'yahoo.com'],
  ['docomo.ne.jp', 'docomo.ne.jp'],
  ['ezweb.ne.jp', 'au.com'],
  ['au.com', 'au.com'],
  ['softbank.ne.jp', 'softbank.ne.jp'],
  ['i.softbank.jp', 'softbank.ne.jp'],
  ['ymobile.ne.jp', 'softbank.ne.jp'],
  ['rakuten.jp', 'rakuten.jp'],
  ['nifty.com', 'nifty.com'],
  ['ocn.ne.jp', 'ocn.ne.jp'],
  ['biglobe.ne.jp', 'biglobe.ne.jp'],
  ['so-net.ne.jp', 'so-net.ne.jp'],
]);

/** Every other domain in figures: one that few people use tells who somebody is. */
const OTHER = 'other';

/** Whether two addresses of a domain (lower case) say nothing about whether they are colleagues. */
export function isShared(domain: string): boolean {
  return PROVIDERS.has(domain);
}

/** What an address is counted under by its domain: a well-known provider, or `other`. Null without an address. */
export function mailDomainOf(address: string | null | undefined): string | null {
  if (!address) return null;
  return PROVIDERS.get(address.slice(address.lastIndexOf('@') + 1).toLowerCase()) ?? OTHER;
}
