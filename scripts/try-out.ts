import nodemailer from 'nodemailer';

/**
 * What an administrator would try first: a company, a mail through the hook, its link.
 * @param key an operator's
 * @returns what was seen
 * @throws Error when any of it is not as it must be
 */
export async function tryOut(ports: Readonly<{ http: number; smtp: number }>, key: string): Promise<string> {
  const base = `http://127.0.0.1:${ports.http}`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const post = async <Answer>(path: string, body: object) => {
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const { id } = await post<{ id: string }>('/v1/companies', { name: 'Aoba Works', policy: 'all' });
  type Credential = { username: string; password: string };
  const path = `/v1/companies/${id}/credentials`;
  const { username: user, password: pass } = await post<Credential>(path, { kind: 'smtp' });
  const host = '127.0.0.1';
  const transport = nodemailer.createTransport({
    host,
    port: ports.smtp,
    auth: { user, pass },
    ignoreTLS: true,
  });
  const text = 'We regret to inform you that we will not proceed with your application.';
  const to = 'candidate@example.jp';
  await transport.sendMail({ from: 'hr@aoba.example', to, subject: 'Your application', text });
  transport.close();
  const answer = await fetch(`${base}/v1/companies/${id}/messages`, { headers });
  const { messages } = (await answer.json()) as { messages: { code: string | null; outcome: string }[] };
  const [message] = messages;
  if (!message?.code) throw new Error(`no link in ${JSON.stringify(messages)}`);
  const { status } = await fetch(`${base}/r/${message.code}`, { redirect: 'manual' });
  if (message.outcome !== 'delivered' || status !== 302) throw new Error(`${message.outcome}, ${status}`);
  const candidate = { email: to, name: 'A Candidate' };
  const consent = { version: '1', at: new Date().toISOString() };
  type Registered = { counted: boolean };
  const report = { externalId: `trial-${id}`, code: message.code, status: 'verified', candidate, consent };
  const { counted } = await post<Registered>('/v1/registrations', report);
  const verified = await fetch(`${base}/v1/companies/${id}/ledger/verify`, { headers });
  const { intact } = (await verified.json()) as { intact: boolean };
  if (!counted || !intact) throw new Error(`counted ${counted}, ledger intact ${intact}`);
  return 'mail delivered with a link, the link answers 302, a registration counts, the ledger is intact';
}
