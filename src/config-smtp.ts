import { z } from 'zod';
import { isSameNetwork, type Network, parseNetwork } from './network.js';

/** Clients of this network need no AUTH: they send as the SMTP credential of this user name. */
export type NetworkSender = Readonly<{ network: Network; username: string }>;

function readNetworkSender(entry: string, fault: (message: string) => void): NetworkSender | undefined {
  const [cidr = '', username = '', ...rest] = entry.split('=').map((part) => part.trim());
  if (username === '' || rest.length > 0 || /[\s\0-\x1f]/.test(username)) {
    fault(`${JSON.stringify(entry)} is not CIDR=USERNAME`);
    return undefined;
  }
  const parsed = parseNetwork(cidr);
  if (parsed.kind === 'network') return { network: parsed.network, username };
  fault(parsed.fault);
  return undefined;
}

function entriesOf(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** `192.0.2.0/24=relay-abc,2001:db8::/48=relay-def`; every entry that is not so is a fault of its own. */
const networkSenders = z.string().transform((value, context): readonly NetworkSender[] => {
  const fault = (message: string) => context.addIssue({ code: 'custom', message });
  const senders: NetworkSender[] = [];
  for (const entry of entriesOf(value)) {
    const sender = readNetworkSender(entry, fault);
    if (!sender) continue;
    if (senders.some(({ network }) => isSameNetwork(network, sender.network))) {
      fault(`${JSON.stringify(entry)} names a network twice`);
    } else senders.push(sender);
  }
  return senders;
});

const networks = z.string().transform((value, context): readonly Network[] =>
  entriesOf(value).flatMap((entry) => {
    const parsed = parseNetwork(entry);
    if (parsed.kind === 'network') return [parsed.network];
    context.addIssue({ code: 'custom', message: parsed.fault });
    return [];
  }),
);

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number above 0')
  .transform(Number);

/** The edge of the SMTP hook, as `parseConfig` reads it. */
export const smtpEnvironment = {
  SMTP_NETWORKS: networkSenders.default([]),
  TRUSTED_SMTP_PEERS: networks.default([]),
  SMTP_PROXY_PROTOCOL: z.enum(['true', 'false'], 'must be true or false').default('false'),
  SMTP_RATE: count.default(600),
  SMTP_MAX_CONNECTIONS: count.default(1_000),
  SMTP_MAX_CONNECTIONS_PER_ADDRESS: count.default(200),
  SMTP_MAX_CONNECTIONS_PER_CREDENTIAL: count.default(200),
};

export type SmtpConfig = Readonly<{
  /** Where TLS starts with the first byte; undefined: nowhere. */
  tlsPort?: number;
  /** Networks whose clients need no AUTH. */
  networks: readonly NetworkSender[];
  /** Who may say on whose behalf it speaks: XCLIENT, XFORWARD and the PROXY protocol. */
  trustedPeers: readonly Network[];
  /** Whether every connection starts with a PROXY header, from a trusted peer. */
  proxyProtocol: boolean;
  /** Messages per minute and credential. */
  rate: number;
  maxConnections: number;
  maxConnectionsPerAddress: number;
  maxConnectionsPerCredential: number;
}>;

export function smtpConfigOf(
  env: z.infer<z.ZodObject<typeof smtpEnvironment>> & { SMTPS_PORT?: number },
): SmtpConfig {
  return {
    tlsPort: env.SMTPS_PORT,
    networks: env.SMTP_NETWORKS,
    trustedPeers: env.TRUSTED_SMTP_PEERS,
    proxyProtocol: env.SMTP_PROXY_PROTOCOL === 'true',
    rate: env.SMTP_RATE,
    maxConnections: env.SMTP_MAX_CONNECTIONS,
    maxConnectionsPerAddress: env.SMTP_MAX_CONNECTIONS_PER_ADDRESS,
    maxConnectionsPerCredential: env.SMTP_MAX_CONNECTIONS_PER_CREDENTIAL,
  };
}

/** Faults of the SMTP edge that show only when several variables are seen together. */
export function smtpContradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const faults: string[] = [];
  if (Boolean(given.SMTP_TLS_CERT) !== Boolean(given.SMTP_TLS_KEY)) {
    faults.push('SMTP_TLS_CERT and SMTP_TLS_KEY: set both or neither');
  }
  if (given.SMTPS_PORT && !given.SMTP_TLS_CERT && !given.SMTP_TLS_KEY) {
    faults.push('SMTPS_PORT: needs SMTP_TLS_CERT and SMTP_TLS_KEY');
  }
  if (given.SMTP_PROXY_PROTOCOL === 'true' && !given.TRUSTED_SMTP_PEERS) {
    faults.push('SMTP_PROXY_PROTOCOL: needs TRUSTED_SMTP_PEERS, else nobody could connect');
  }
  const plain = given.SMTP_PORT ?? '2525';
  const taken = [given.PORT ?? '3000', plain];
  if (given.SMTPS_PORT && given.SMTPS_PORT !== '0' && taken.includes(given.SMTPS_PORT)) {
    faults.push(`SMTPS_PORT: ${given.SMTPS_PORT} is taken by PORT or SMTP_PORT`);
  }
  return faults;
}
