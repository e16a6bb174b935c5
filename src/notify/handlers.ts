import { findCompany } from '../company/store.js';
import { rulesInForce } from '../credit/program.js';
import type { Courier, Deps, OutgoingMail } from '../deps.js';
import { collect, isEmpty } from '../registration/my-data.js';
import {
  deleteRequest,
  findRequest,
  MY_DATA_HOURS,
  markRequestSent,
  myDataToken,
} from '../registration/my-data-store.js';
import { findRegistration } from '../registration/store.js';
import {
  listVerifications,
  markVerificationSent,
  VERIFICATION_DAYS,
  verificationToken,
} from '../registration/verification.js';
import { myDataMail, type NoticeFacts, noticeMail, signInMail, verificationMail } from './mails.js';
import {
  findMember,
  findNotice,
  insertDelivery,
  markNoticeSent,
  missingRecipients,
  type Notice,
  sumsUpTo,
} from './store.js';

type MailDeps = Pick<Deps, 'config' | 'db' | 'clock' | 'keys' | 'events'>;
type Kind = 'verification' | 'my-data' | 'notice' | 'sign-in';

async function handOver(deps: MailDeps, courier: Courier, kind: Kind, mail: OutgoingMail): Promise<void> {
  try {
    await courier.send(mail);
  } catch (error) {
    deps.events.mailFailed(kind, error);
    throw error;
  }
  deps.events.mailSent(kind);
}

/** Sends nothing for a registration that is confirmed, closed or erased, or for an attempt that a newer one replaced. */
async function sendVerification(
  deps: MailDeps,
  courier: Courier,
  job: Readonly<{ registrationId: string; attempt: number }>,
): Promise<void> {
  const registration = await findRegistration(deps.db, job.registrationId);
  if (registration?.status !== 'pending' || registration.email === null) return;
  const [newest] = await listVerifications(deps.db, registration.id);
  if (newest?.attempt !== job.attempt || newest.sentAt !== null || newest.expiresAt <= deps.clock()) return;
  const token = verificationToken(deps.keys, registration.id, job.attempt);
  const { config } = deps;
  const to = { to: registration.email, locale: registration.locale, agency: config.agency };
  const link = `${config.baseUrl}/verify/${token}?lang=${registration.locale}`;
  const about = { name: registration.name ?? '', link, days: VERIFICATION_DAYS };
  await handOver(deps, courier, 'verification', await verificationMail(to, about));
  await markVerificationSent(deps.db, registration.id, job.attempt, deps.clock());
}

/** Where nothing is held, nothing is sent: nobody can have mails sent to strangers. */
async function sendMyData(deps: MailDeps, courier: Courier, job: Readonly<{ requestId: string }>) {
  const request = await findRequest(deps.db, job.requestId);
  if (!request || request.sentAt !== null || request.expiresAt <= deps.clock()) return;
  if (isEmpty(await collect(deps, deps.db, request))) return deleteRequest(deps.db, request.id);
  const { config } = deps;
  const token = myDataToken(deps.keys, request.id);
  const link = `${config.baseUrl}/my-data/${token}?lang=${request.locale}`;
  const to = { to: request.email, locale: request.locale, agency: config.agency };
  await handOver(deps, courier, 'my-data', await myDataMail(to, { link, hours: MY_DATA_HOURS }));
  await markRequestSent(deps.db, request.id, deps.clock());
}

async function factsOf(deps: MailDeps, notice: Notice): Promise<NoticeFacts> {
  const sums = await sumsUpTo(deps.db, notice.companyId, notice.sequence);
  if (notice.kind === 'credit_earned') {
    return { kind: 'credit_earned', available: sums.credits, referrals: sums.referrals };
  }
  const { threshold } = await rulesInForce(deps.db, notice.companyId, notice.createdAt);
  const { progress } = sums;
  return { kind: 'nearly_there', remaining: threshold - progress, progress, threshold };
}

/** One mail to each member, so that no member learns another's address here. */
async function sendNotice(deps: MailDeps, courier: Courier, job: Readonly<{ noticeId: string }>) {
  const notice = await findNotice(deps.db, job.noticeId);
  const company = notice && (await findCompany(deps.db, notice.companyId));
  if (!company || notice.sentAt !== null) return;
  const facts = await factsOf(deps, notice);
  const link = `${deps.config.baseUrl}/dashboard`;
  for (const member of await missingRecipients(deps.db, notice)) {
    const to = { to: member.email, locale: member.locale, agency: deps.config.agency };
    await handOver(deps, courier, 'notice', await noticeMail(to, { company: company.name, facts, link }));
    await insertDelivery(deps.db, notice.id, member.id, deps.clock());
  }
  await markNoticeSent(deps.db, notice.id, deps.clock());
}

async function sendSignIn(
  deps: MailDeps,
  courier: Courier,
  job: Readonly<{ memberId: string; nonce: string }>,
): Promise<void> {
  const member = await findMember(deps.db, job.memberId);
  if (!member) return;
  const token = deps.keys.hash('sign-in', member.id, job.nonce).toString('base64url');
  const to = { to: member.email, locale: member.locale, agency: deps.config.agency };
  const link = `${deps.config.baseUrl}/sign-in/${token}`;
  await handOver(deps, courier, 'sign-in', await signInMail(to, { link }));
}

/** The jobs that send our own mails. Each reads what it needs now, and may run twice without a second mail. */
export function mailHandlers(deps: MailDeps, courier: Courier) {
  return {
    'verification-mail': (job: { registrationId: string; attempt: number }) =>
      sendVerification(deps, courier, job),
    'my-data-mail': (job: { requestId: string }) => sendMyData(deps, courier, job),
    'notice-mail': (job: { noticeId: string }) => sendNotice(deps, courier, job),
    'sign-in-mail': (job: { memberId: string; nonce: string }) => sendSignIn(deps, courier, job),
  };
}
