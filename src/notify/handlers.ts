import { findMember as findMembership, forgetSignInTokens } from '../company/members.js';
import { findCompany } from '../company/store.js';
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
import { factsOf } from './facts.js';
import { invitationMail, myDataMail, signInMail, verificationMail } from './mails.js';
import { noticeMail } from './notice-mail.js';
import { findMember, findNotice, insertDelivery, markNoticeSent, missingRecipients } from './store.js';

type MailDeps = Pick<Deps, 'config' | 'db' | 'clock' | 'keys' | 'events'>;
type Kind = 'verification' | 'my-data' | 'notice' | 'sign-in' | 'invitation';

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

/** One mail to each member, so that no member learns another's address here. */
async function sendNotice(deps: MailDeps, courier: Courier, job: Readonly<{ noticeId: string }>) {
  const notice = await findNotice(deps.db, job.noticeId);
  const company = notice && (await findCompany(deps.db, notice.companyId));
  if (!company || notice.sentAt !== null) return;
  const facts = company.noticesOff.includes(notice.kind) ? undefined : await factsOf(deps, company, notice);
  for (const member of facts ? await missingRecipients(deps.db, notice) : []) {
    const to = { to: member.email, locale: member.locale, agency: deps.config.agency };
    const mail = await noticeMail(to, { company, facts: facts!, baseUrl: deps.config.baseUrl });
    await handOver(deps, courier, 'notice', { ...mail, id: `${notice.id}.${member.id}` });
    await insertDelivery(deps.db, notice.id, member.id, deps.clock());
  }
  await markNoticeSent(deps.db, notice.id, deps.clock());
}

async function sendSignIn(
  deps: MailDeps,
  courier: Courier,
  job: Readonly<{ memberId: string; nonce: string }>,
): Promise<void> {
  await forgetSignInTokens(deps.db, deps.clock());
  const member = await findMember(deps.db, job.memberId);
  if (!member) return;
  const token = deps.keys.hash('sign-in', member.id, job.nonce).toString('base64url');
  const to = { to: member.email, locale: member.locale, agency: deps.config.agency };
  const link = `${deps.config.baseUrl}/sign-in/${token}`;
  await handOver(deps, courier, 'sign-in', await signInMail(to, { link }));
}

async function sendInvitation(
  deps: MailDeps,
  courier: Courier,
  job: Readonly<{ memberId: string }>,
): Promise<void> {
  const member = await findMembership(deps.db, job.memberId);
  const company = member?.companyId ? await findCompany(deps.db, member.companyId) : undefined;
  if (!member || !company) return;
  const to = { to: member.email, locale: member.locale, agency: deps.config.agency };
  const link = `${deps.config.baseUrl}/sign-in`;
  await handOver(deps, courier, 'invitation', await invitationMail(to, { company: company.name, link }));
}

/** The jobs that send our own mails. Each reads what it needs now, and may run twice without a second mail. */
export function mailHandlers(deps: MailDeps, courier: Courier) {
  return {
    'verification-mail': (job: { registrationId: string; attempt: number }) =>
      sendVerification(deps, courier, job),
    'my-data-mail': (job: { requestId: string }) => sendMyData(deps, courier, job),
    'notice-mail': (job: { noticeId: string }) => sendNotice(deps, courier, job),
    'sign-in-mail': (job: { memberId: string; nonce: string }) => sendSignIn(deps, courier, job),
    'invitation-mail': (job: { memberId: string }) => sendInvitation(deps, courier, job),
  };
}
