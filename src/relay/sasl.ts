import { type Reply, reply } from './smtp-reply.js';

/** What a client signs in with. */
export type Secrets = Readonly<{ username: string; password: string }>;

/** One step of a sign-in: a question to the client, what it signed in with, or why it did not. */
export type SaslStep =
  | Readonly<{ kind: 'ask'; reply: Reply; answer(line: string): SaslStep }>
  | Readonly<{ kind: 'secrets'; secrets: Secrets }>
  | Readonly<{ kind: 'refuse'; reply: Reply }>;

const ABORTED = reply(501, '5.7.0 Authentication aborted');
const NOT_BASE64 = reply(501, '5.5.2 The response is not base64');
const MALFORMED = reply(501, '5.5.2 The response is malformed');
const UNKNOWN = reply(504, '5.5.4 This authentication mechanism is not offered');
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const MECHANISMS = ['PLAIN', 'LOGIN'] as const;

function refuse(why: Reply): SaslStep {
  return { kind: 'refuse', reply: why };
}

/** Asks for one more line. RFC 4954 §4: a lone `*` cancels, and `=` is an empty initial response. */
function ask(prompt: string, read: (text: string) => SaslStep): SaslStep {
  const encoded = Buffer.from(prompt).toString('base64');
  return { kind: 'ask', reply: reply(334, encoded), answer: (line) => decode(line, read) };
}

function decode(line: string, read: (text: string) => SaslStep): SaslStep {
  if (line === '*') return refuse(ABORTED);
  if (line === '=') return read('');
  return BASE64.test(line) ? read(Buffer.from(line, 'base64').toString('utf8')) : refuse(NOT_BASE64);
}

/** RFC 4616: authorization identity, user name and password, divided by NUL. Nobody speaks for another here. */
function readPlain(text: string): SaslStep {
  const [identity, username = '', password = '', ...more] = text.split('\0');
  const sound = text.includes('\0') && more.length === 0 && username !== '' && password !== '';
  if (!sound || (identity !== '' && identity !== username)) return refuse(MALFORMED);
  return { kind: 'secrets', secrets: { username, password } };
}

function askPassword(username: string): SaslStep {
  if (username === '') return refuse(MALFORMED);
  return ask('Password:', (password) => ({ kind: 'secrets', secrets: { username, password } }));
}

/**
 * Begins a sign-in (RFC 4954), PLAIN or LOGIN.
 * @param line the whole command, `AUTH PLAIN [initial response]`
 */
export function beginSasl(line: string): SaslStep {
  const [, mechanism, initial, ...more] = line.trim().split(/ +/);
  if (!mechanism || more.length > 0) return refuse(reply(501, '5.5.4 Syntax: AUTH mechanism'));
  switch (mechanism.toUpperCase()) {
    case 'PLAIN':
      return initial === undefined ? ask('', readPlain) : decode(initial, readPlain);
    case 'LOGIN':
      return initial === undefined ? ask('Username:', askPassword) : decode(initial, askPassword);
    default:
      return refuse(UNKNOWN);
  }
}
