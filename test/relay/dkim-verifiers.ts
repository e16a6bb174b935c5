import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type DkimAlgorithm, dnsRecord } from '../../src/company/dkim-material.js';
import { type Signer, signMessage } from '../../src/relay/dkim.js';
import { obstacleOf, type Program } from '../harness/programs.js';

/** A message as it left, and what the DNS says. */
export type Case = Readonly<{ message: Buffer; records: Readonly<Record<string, string>> }>;
/** Domain, selector and `pass` or why not, of each signature from the top. */
export type Verdicts = readonly (readonly [string, string, string])[];

type Verifier = Readonly<{
  name: Extract<Program, 'Mail::DKIM' | 'dkimpy'>;
  command: readonly [string, ...string[]];
  algorithms: readonly DkimAlgorithm[];
  readsObsolete: boolean;
}>;

const PYTHON = '/usr/bin/python3';
const at = (name: string) => new URL(name, import.meta.url).pathname;

/** Debian's libmail-dkim-perl is older than that library's Ed25519. */
export const VERIFIERS: readonly Verifier[] = [
  {
    name: 'Mail::DKIM',
    command: ['perl', at('dkim-verify.pl')],
    algorithms: ['rsa-sha256'],
    readsObsolete: true,
  },
  {
    name: 'dkimpy',
    command: [PYTHON, at('dkim-verify.py')],
    algorithms: ['rsa-sha256', 'ed25519-sha256'],
    readsObsolete: false,
  },
];

/** Those that this machine has; the suite that proves signatures fails in CI where one is missing. */
export const verifiers: readonly Verifier[] = VERIFIERS.filter(({ name }) => !obstacleOf([name]));

/** A verifier's process, which starts slowly and then answers line by line; the test's own servers run on meanwhile. */
export function openVerifier({ command: [program, ...rest] }: Verifier) {
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async verify(cases: readonly Case[]): Promise<Verdicts[]> {
      for (const { message, records } of cases) {
        child.stdin.write(`${JSON.stringify({ message: message.toString('base64'), records })}\n`);
      }
      const found: Verdicts[] = [];
      while (found.length < cases.length) {
        const { value, done } = await answers.next();
        if (done) throw new Error(`${program}: ${found.length} of ${cases.length} answers`);
        found.push(JSON.parse(value) as Verdicts);
      }
      return found;
    },
    async close(): Promise<void> {
      child.stdin.end();
      await closed;
    },
  };
}

export type TestKey = Signer & Readonly<{ records: Readonly<Record<string, string>> }>;

/** A fresh key with its DNS record. */
export function testKey(algorithm: DkimAlgorithm, domain = 'example.jp', selector = 'relay'): TestKey {
  const { privateKey, publicKey } =
    algorithm === 'rsa-sha256'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const p = (algorithm === 'rsa-sha256' ? der : der.subarray(-32)).toString('base64');
  const { name, value } = dnsRecord({ domain, selector, algorithm, publicKey: p });
  return { domain, selector, algorithm, privateKey, records: { [name]: value } };
}

export const SIGNED_AT = new Date('2026-11-22T01:00:00.000Z');

/** The message with our signature, which sees it in chunks of `size` octets. */
export async function signedBy(key: Signer, message: Buffer, size = message.length): Promise<Buffer> {
  async function* chunks() {
    for (let from = 0; from < message.length; from += size) yield message.subarray(from, from + size);
  }
  return Buffer.concat([await signMessage(chunks(), key, SIGNED_AT), message]);
}

/** DATA ends a last line that has no end (RFC 5321 §4.1.1.4). */
export function onWire(message: Buffer): Buffer {
  const ended = message.subarray(-2).equals(Buffer.from('\r\n'));
  return ended ? message : Buffer.concat([message, Buffer.from('\r\n')]);
}
