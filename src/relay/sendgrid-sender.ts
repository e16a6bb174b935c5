import { type Credential, findApiCredential } from '../company/credentials.js';
import { type CompanyRule, findRules } from '../company/rules.js';
import { findSendgridAccount, openAccountKey, type SealedAccount } from '../company/sendgrid-account.js';
import { type Company, findCompany } from '../company/store.js';
import type { Db } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';
import { type BlockSettings, findBlock } from './block-store.js';
import type { Sender } from './relay-job.js';
import type { StoreBudget } from './store-budget.js';

export type SendgridSender = Readonly<{
  credential: Sender;
  /** The company as it is now; undefined while the store is away. */
  company: Company | undefined;
  /** What its people decided about mails like this one. */
  rules: readonly CompanyRule[];
  /** How the company's block reads; undefined: as it is built in. */
  block: BlockSettings | undefined;
  /** The key that SendGrid is shown, and whether it is the installation's. */
  apiKey: string;
  isInstallation: boolean;
}>;

export type SendgridSignIn =
  | Readonly<{ kind: 'accepted'; sender: SendgridSender }>
  | Readonly<{ kind: 'unknown-key' }>
  /** The key is no company's, or may not send. */
  | Readonly<{ kind: 'forbidden' }>
  | Readonly<{ kind: 'no-account' }>
  | Readonly<{ kind: 'unavailable' }>;

type Known = Readonly<{
  credential: Credential;
  company: Company | undefined;
  rules: readonly CompanyRule[];
  block: BlockSettings | undefined;
  account: SealedAccount | undefined;
}>;

/** While the store is away, a key that was in force within this time (milliseconds) still is: mail must flow. */
const TRUSTED_FOR = 3_600_000;
const REMEMBERED = 1_000;

/** Finds out who sends by an API key, and with which key of SendGrid; able to outlast the database. */
export function createSendgridSignIn(deps: Deps) {
  const trusted = new Map<string, Readonly<{ known: Known; at: number }>>();

  async function look(db: Db, key: string): Promise<Known | undefined> {
    const credential = await findApiCredential(db, key);
    if (!credential?.companyId)
      return (
        credential && { credential, company: undefined, rules: [], block: undefined, account: undefined }
      );
    const { companyId } = credential;
    const [company, account, rules, block] = await Promise.all([
      findCompany(db, companyId),
      findSendgridAccount(db, companyId),
      findRules(db, [companyId]),
      findBlock(db, companyId),
    ]);
    return { credential, company, rules: rules.get(companyId) ?? [], block, account };
  }

  function judge({ credential, company, rules, block, account }: Known): SendgridSignIn {
    const { companyId } = credential;
    if (companyId === null || !credential.scopes.includes('mail')) return { kind: 'forbidden' };
    const apiKey = account && openAccountKey(deps, account);
    if (!apiKey) return { kind: 'no-account' };
    const isInstallation = account.kind === 'installation';
    return {
      kind: 'accepted',
      sender: { credential: { ...credential, companyId }, company, rules, block, apiKey, isInstallation },
    };
  }

  function judgeSafely(known: Known): SendgridSignIn {
    try {
      return judge(known);
    } catch (error) {
      deps.events.relayFault('sendgrid-key', error);
      return { kind: 'unavailable' };
    }
  }

  const nameOf = (key: string) => digest(key).toString('hex');

  /** Whether this very key was right within the hour. */
  function isTrusted(key: string): boolean {
    const before = trusted.get(nameOf(key));
    return before !== undefined && deps.clock().getTime() - before.at < TRUSTED_FOR;
  }

  async function signIn(store: StoreBudget, key: string): Promise<SendgridSignIn> {
    const name = nameOf(key);
    let known: Known | undefined;
    try {
      known = await store.ask(() => look(deps.db, key));
    } catch (error) {
      deps.events.relayFault('sender-lookup', error);
      const before = trusted.get(name);
      if (!before || deps.clock().getTime() - before.at >= TRUSTED_FOR) return { kind: 'unavailable' };
      return judgeSafely({ ...before.known, company: undefined });
    }
    trusted.delete(name);
    if (!known) return { kind: 'unknown-key' };
    if (trusted.size >= REMEMBERED) trusted.delete(trusted.keys().next().value!);
    trusted.set(name, { known, at: deps.clock().getTime() });
    deps.usage.note(known.credential.id);
    return judgeSafely(known);
  }
  return { signIn, isTrusted };
}
