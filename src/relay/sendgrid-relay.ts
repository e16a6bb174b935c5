import { staticUrlOf } from '../company/company.js';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';
import { newCode } from '../link/code.js';
import { linkUrl } from '../link/mint.js';
import { createJournal } from './journal.js';
import { askAbout } from './review.js';
import { errorAnswer, type SendgridAnswer, tooManyAnswer } from './sendgrid-answer.js';
import { repackBody, unpackBody } from './sendgrid-body.js';
import { createWrongKeys } from './sendgrid-limits.js';
import { readSendgridMail, type SendgridMail } from './sendgrid-mail.js';
import { planSendgridMail, type SendgridPlan, UNREAD, untouchedPlan, withoutLinks } from './sendgrid-plan.js';
import { type Incoming, type Row, rowsOf } from './sendgrid-rows.js';
import { createSendgridSignIn, type SendgridSender } from './sendgrid-sender.js';
import type { SendgridRequest, SendgridResult, SendgridUpstream } from './sendgrid-upstream.js';
import type { MessageRecord } from './store.js';
import { createStoreGuard, STORE_LIMITS, type StoreBudget } from './store-budget.js';

/** A request of a customer's program, as it came. */
export type SendgridCall = SendgridRequest & Readonly<{ key: string | undefined; address: string }>;

export type SendgridRelay = Readonly<{
  /** `POST /v3/mail/send`: reads, decides, mints, forwards, records. */
  send(call: SendgridCall): Promise<SendgridAnswer>;
  /** Why a caller is not even listened to; undefined where he is. */
  refuse(caller: Pick<SendgridCall, 'key' | 'address'>): Promise<SendgridAnswer | undefined>;
  /** Any other call, passed on as it is. */
  pass(call: SendgridCall): Promise<SendgridAnswer>;
  /** Waits for the journal. */
  settled(): Promise<void>;
}>;

/** Bytes that a body may have, packed or not: SendGrid takes 30 MB, attachments counted before base64. */
export const LARGEST_BODY = 48 * 1024 * 1024;

/** A request as it goes out. @see prepare */
type Ready = Readonly<{
  plan: SendgridPlan;
  rows: readonly (Row & Readonly<{ isOpen: boolean }>)[];
}>;

/** The flow of a request: sign in → read → decide, plan → mint and open the rows → forward → close them. */
export function createSendgridRelay(deps: Deps, upstream: SendgridUpstream): SendgridRelay {
  const guard = createStoreGuard(deps);
  const journal = createJournal(deps, () => STORE_LIMITS.budget);
  const { signIn, isTrusted } = createSendgridSignIn(deps);
  const wrongKeys = createWrongKeys();
  const questions = new Set<Promise<void>>();

  async function admit(store: StoreBudget, call: SendgridCall): Promise<SendgridSender | SendgridAnswer> {
    if (!call.key) return errorAnswer(401, 'authorization required');
    const found = await signIn(store, call.key);
    switch (found.kind) {
      case 'unknown-key':
        await wrongKeys.count(call.address);
        return errorAnswer(401, 'The provided authorization grant is invalid, expired, or revoked');
      case 'forbidden':
        return errorAnswer(403, 'access forbidden: this is no key of a company with the scope mail');
      case 'no-account':
        return errorAnswer(403, 'access forbidden: no SendGrid API key is deposited for this company');
      case 'unavailable':
        return errorAnswer(503, 'the key cannot be checked at the moment; nothing was sent, try again');
      case 'accepted':
        break;
    }
    // The installation's key may speak for accounts that are not this company's.
    if (found.sender.isInstallation && call.headers['on-behalf-of']) {
      return errorAnswer(403, "access forbidden: on-behalf-of needs the company's own SendGrid API key");
    }
    return found.sender;
  }

  /** Of an address that showed many wrong keys only those are looked up that were right before. */
  async function refuse({ key, address }: Pick<SendgridCall, 'key' | 'address'>) {
    const seconds = key && !isTrusted(key) ? await wrongKeys.blockedFor(address) : undefined;
    return seconds ? tooManyAnswer('too many wrong keys from this address', seconds) : undefined;
  }

  /** Behind the answer. The mails of a request mostly say the same: then one question is enough. */
  function askOnce(rows: readonly Row[]): void {
    const asked = new Set<string>();
    for (const { record, excerpt } of rows) {
      const said = excerpt && JSON.stringify(excerpt);
      if (!said || asked.has(said) || guard.isAway()) continue;
      asked.add(said);
      const asking = askAbout(deps, record, excerpt).finally(() => questions.delete(asking));
      questions.add(asking);
    }
  }

  /** The request as it goes out, its links minted and its rows open; or as it came, where that cannot be. */
  async function prepare(store: StoreBudget, incoming: Incoming, mail: SendgridMail): Promise<Ready> {
    const { company } = incoming.sender;
    const unopened = (plan: SendgridPlan): Ready => ({
      plan,
      rows: rowsOf(deps, incoming, plan, []).map((row) => ({ ...row, isOpen: false })),
    });
    if (!company) return unopened(untouchedPlan(mail, 'fault-store'));
    try {
      const codes = mail.personalizations.map(() => newCode(deps.randomBytes(32)));
      const plan = planFor(deps, mail, incoming.sender, company, codes);
      const rows = rowsOf(deps, incoming, plan, codes);
      const opened = await Promise.all(
        rows.map(({ record, link }) => journal.open(store, record, link, false)),
      );
      if (rows.some(({ link }, index) => link && opened[index]!.kind !== 'open')) {
        return unopened(withoutLinks(mail, plan.treatments, 'fault-mint'));
      }
      const minted = opened.map((one, index) => (one.kind === 'open' && one.code) || codes[index]!);
      const isSame = minted.every((code, index) => code === codes[index]);
      // The links of an earlier attempt: the same plan with those.
      const last = isSame ? plan : planFor(deps, mail, incoming.sender, company, minted);
      return {
        plan: last,
        rows: rowsOf(deps, incoming, last, minted).map((row, index) => ({
          ...row,
          isOpen: opened[index]!.kind === 'open' && row.record.reason === rows[index]!.record.reason,
        })),
      };
    } catch (error) {
      deps.events.relayFault('plan', error);
      return unopened(untouchedPlan(mail, 'fault-plan'));
    }
  }

  /** Hands a request over and says what became of it, to its sender and in its rows. */
  async function forward(
    call: SendgridCall,
    sender: SendgridSender,
    body: Buffer,
    rows: Ready['rows'],
  ): Promise<SendgridAnswer> {
    const { method, path } = call;
    const headers = { ...call.headers, authorization: `Bearer ${sender.apiKey}` };
    const result = await upstream({ method, path, headers, body });
    if (result.kind !== 'answered') deps.events.upstreamFault(`sendgrid-${result.kind}`, result.cause);
    const { answer, ...conclusion } = conclude(result);
    await Promise.all(
      rows.map(({ record, isOpen }) => {
        const concluded = { ...record, ...conclusion, finishedAt: deps.clock() };
        report(deps, concluded);
        return journal.close(concluded, isOpen, guard.isAway());
      }),
    );
    if (conclusion.outcome === 'delivered') askOnce(rows);
    return answer;
  }

  async function deliver(store: StoreBudget, call: SendgridCall, sender: SendgridSender) {
    const receivedAt = deps.clock();
    const encoded = { body: call.body, encoding: call.headers['content-encoding'] };
    const json = await unpackBody(encoded, LARGEST_BODY);
    const mail = json && readSendgridMail(json);
    const ids = (mail?.personalizations ?? [UNREAD]).map(() => deps.newId());
    const size = call.body.length;
    const incoming = { sender, mail, receivedAt, size, contentHash: digest(call.body), ids };
    if (!mail) {
      const rows = rowsOf(deps, incoming, { treatments: [UNREAD], splices: [] }, []);
      return forward(
        call,
        sender,
        call.body,
        rows.map((row) => ({ ...row, isOpen: false })),
      );
    }
    // Nothing is sent: nothing is minted, and there is nothing to record.
    const ready = mail.isSandbox
      ? { plan: untouchedPlan(mail, 'asked-to-skip'), rows: [] }
      : await prepare(store, incoming, mail);
    return forward(call, sender, await repackBody(encoded, mail.json, ready.plan.splices), ready.rows);
  }

  return {
    async send(call) {
      const store = guard.open();
      const sender = await admit(store, call);
      if ('status' in sender) return sender;
      const leave = journal.enter();
      try {
        return await deliver(store, call, sender);
      } finally {
        leave();
      }
    },
    async pass(call) {
      const sender = await admit(guard.open(), call);
      return 'status' in sender ? sender : forward(call, sender, call.body, []);
    },
    refuse,
    async settled() {
      await journal.settled();
      await Promise.all(questions);
    },
  };
}

function planFor(
  deps: Deps,
  mail: SendgridMail,
  { credential, rules: companyRules, block }: SendgridSender,
  company: Company,
  codes: readonly string[],
): SendgridPlan {
  const { config } = deps;
  const rules = {
    policy: credential.policy ?? company.policy,
    companyRules,
    staticUrl: staticUrlOf(config, company),
    linkBaseUrls: company.linkHost
      ? [config.linkBaseUrl, `https://${company.linkHost}`]
      : [config.linkBaseUrl],
    agency: config.agency,
    wording: block?.wording,
    exclusions: block,
    newTag: () => `crlink${newCode(deps.randomBytes(32))}`,
  };
  return planSendgridMail(
    mail,
    rules,
    codes.map((code) => linkUrl(config, code, company.linkHost)),
  );
}

type Conclusion = Readonly<{
  answer: SendgridAnswer;
  outcome: MessageRecord['outcome'];
  upstreamReply: string | null;
}>;

/** What a result means for the sender and for the journal. */
function conclude(result: SendgridResult): Conclusion {
  switch (result.kind) {
    case 'answered':
      return {
        answer: result.answer,
        outcome: outcomeOf(result.answer),
        upstreamReply: replyOf(result.answer),
      };
    case 'not-sent': {
      const answer = errorAnswer(503, 'SendGrid could not be reached; nothing was sent, try again');
      return { answer, outcome: 'failed', upstreamReply: null };
    }
    case 'unknown': {
      const text = "SendGrid's answer was lost: the mail may have been sent, and is not sent again from here";
      return { answer: errorAnswer(504, text), outcome: 'ambiguous', upstreamReply: null };
    }
  }
}

/** A gateway's 502 or 504 says nothing of what stands behind it (RFC 9110 §15.6). */
function outcomeOf({ status }: SendgridAnswer): MessageRecord['outcome'] {
  if (status >= 200 && status <= 299) return 'delivered';
  return status === 502 || status === 504 ? 'ambiguous' : 'refused';
}

const LONGEST_REPLY = 500;

/** By which SendGrid's own log is searched: the id of what it took, or why it did not. */
function replyOf({ status, headers, body }: SendgridAnswer): string {
  const said = headers['x-message-id'] ?? body.toString('utf8', 0, LONGEST_REPLY);
  return `${status} ${said}`.trim();
}

function report({ events }: Deps, record: MessageRecord): void {
  const { id: message, companyId: company, outcome, verdict, action, reason } = record;
  events.messageRelayed({ message, company, outcome, verdict, action, reason });
  if (outcome === 'ambiguous') events.deliveryAmbiguous({ message, company });
}
