import type { Deps } from '../deps.js';
import { queueMail, type SubmissionOutcome } from './registration.js';
import { findRegistration, lockPerson, lockRegistration } from './store.js';
import { listVerifications, mailboxHasRoom, mayMail } from './verification.js';

/**
 * Mails the confirmation of an open registration again, within the limits of the form itself. The mail goes to the
 * address that stands there and nowhere else, so the id alone may ask for it.
 */
export async function resend(
  deps: Deps,
  registrationId: string,
): Promise<SubmissionOutcome['kind'] | 'closed'> {
  const found = await findRegistration(deps.db, registrationId);
  const person = found?.person;
  if (!person) return 'closed';
  const result = await deps.db.transaction(async (tx) => {
    const now = deps.clock();
    await lockPerson(tx, person);
    const registration = await lockRegistration(tx, registrationId);
    if (registration?.status !== 'pending' || registration.email === null) return 'closed';
    const verifications = await listVerifications(tx, registrationId);
    const may = mayMail(verifications, false, now) && (await mailboxHasRoom(tx, person, now));
    if (!may) return 'mail_withheld';
    await queueMail(deps, tx, registrationId, (verifications[0]?.attempt ?? 0) + 1);
    return 'mail_queued';
  });
  deps.events.registrationReceived({ result: `resend_${result}`, registrationId });
  return result;
}
