import { existsSync } from 'node:fs';
import { z } from 'zod';
import { type OperationConfig, operationConfigOf, operationEnvironment } from './config-operation.js';
import { type SmtpConfig, smtpConfigOf, smtpContradictions, smtpEnvironment } from './config-smtp.js';

export type Role = 'web' | 'smtp' | 'worker';
const ROLES = ['web', 'smtp', 'worker'] as const;

/** Where mail goes next: an SMTP server, or `.eml` files under `<dataDir>/outbox` (never in production). */
export type UpstreamAddress =
  | Readonly<{ kind: 'outbox' }>
  | Readonly<{
      kind: 'smtp';
      host: string;
      port: number;
      /** TLS from the first byte (`smtps://`); otherwise STARTTLS where the server offers it. */
      implicitTls: boolean;
      /** `xoauth2`: the password is a token (`?auth=xoauth2`). */
      auth?: Readonly<{ user: string; password: string; method?: 'xoauth2' }>;
    }>;

/** The placement agency as candidates see it. Without a licence number none is shown: nothing is invented. */
export type Agency = Readonly<{
  name?: string;
  licence?: string;
  operatorName: string;
  operatorAddress?: string;
}>;

export type Config = Readonly<{
  environment: 'development' | 'test' | 'production';
  port: number;
  smtpPort: number;
  smtpTls?: Readonly<{ certPath: string; keyPath: string }>;
  smtp: SmtpConfig;
  operation: OperationConfig;
  /** Public URL without a trailing slash. */
  baseUrl: string;
  /** What short links start with, without a trailing slash. */
  linkBaseUrl: string;
  databaseUrl?: string;
  /** A streaming replica of it, for the dashboard's reads. */
  replicaUrl?: string;
  dataDir: string;
  redisUrls: readonly string[];
  upstream: UpstreamAddress;
  sendgrid: Readonly<{ apiKey?: string; baseUrl: string }>;
  /** Where a link leads; undefined: the built-in page `/join/{code}`. */
  destinationUrl?: string;
  operatorKey?: string;
  secretKey?: string;
  /** SECRET_KEYs before this one, newest first: what they encrypted still opens. */
  previousSecretKeys: readonly string[];
  roles: readonly Role[];
  /** Processes that serve the role `web` on one port. */
  webConcurrency: number;
  /** Processes that serve the SMTP hook. */
  smtpConcurrency: number;
  trustProxy?: string;
  logLevel: string;
  mailFrom: string;
  /** Days after which addresses are erased from the journal and from links. */
  retentionMessageDays: number;
  agency: Agency;
  /** A table of networks in place of the one that comes with the program. */
  asnTable?: string;
  /** Days after which agent, visitor hash and network of a click are deleted. */
  retentionClickDays: number;
}>;

/** Every fault of the environment at once; `main` prints it and exits with 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const port = z
  .string()
  .regex(/^\d+$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be at most 65535');

function urlOf(...protocols: string[]) {
  return z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
}

const httpUrl = urlOf('http:', 'https:').transform((value) => value.replace(/\/+$/, ''));

function isKnownAuth(url: string): boolean {
  if (!URL.canParse(url)) return true; // another rule says so
  const { search, username, password } = new URL(url);
  return !search || (search === '?auth=xoauth2' && Boolean(username && password));
}

const processes = z
  .string()
  .regex(/^[1-9]\d?$/, 'must be a number of processes, 1 to 99')
  .transform(Number)
  .default(1);

const environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: port.default(3000),
  SMTP_PORT: port.default(2525),
  SMTP_TLS_CERT: z.string().optional(),
  SMTP_TLS_KEY: z.string().optional(),
  SMTPS_PORT: port.optional(),
  ...smtpEnvironment,
  ...operationEnvironment,
  BASE_URL: httpUrl.optional(),
  LINK_BASE_URL: httpUrl.optional(),
  DATABASE_URL: urlOf('postgres:', 'postgresql:').optional(),
  DATABASE_REPLICA_URL: urlOf('postgres:', 'postgresql:').optional(),
  DATA_DIR: z.string().default('./data'),
  REDIS_URL: z
    .string()
    .transform((value) => value.split(',').map((node) => node.trim()))
    .pipe(z.array(urlOf('redis:', 'rediss:')))
    .optional(),
  UPSTREAM_URL: urlOf('smtp:', 'smtps:')
    .refine(isKnownAuth, 'may have ?auth=xoauth2 behind a user and a token, and no other parameter')
    .optional(),
  SENDGRID_API_KEY: z.string().optional(),
  SENDGRID_BASE_URL: httpUrl.default('https://api.sendgrid.com'),
  DESTINATION_URL: urlOf('http:', 'https:').optional(),
  OPERATOR_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  SECRET_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  SECRET_KEY_PREVIOUS: z
    .string()
    .transform((value) => value.split(',').map((key) => key.trim()))
    .pipe(z.array(z.string().min(32, 'each must have at least 32 characters')))
    .default([]),
  ROLES: z
    .string()
    .transform((value) => value.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(ROLES, `must be a comma-separated list of ${ROLES.join(', ')}`)).nonempty())
    .default([...ROLES]),
  WEB_CONCURRENCY: processes,
  SMTP_CONCURRENCY: processes,
  TRUST_PROXY: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  MAIL_FROM: z.string().optional(),
  RETENTION_MESSAGE_DAYS: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number of days')
    .transform(Number)
    .refine((days) => days >= 1, 'must be at least 1')
    .default(180),
  AGENCY_NAME: z.string().optional(),
  AGENCY_LICENSE: z.string().optional(),
  OPERATOR_NAME: z.string().default('Career Relay'),
  OPERATOR_ADDRESS: z.string().optional(),
  ASN_TABLE: z.string().refine(existsSync, 'there is no such file').optional(),
  RETENTION_CLICK_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a number of days, at least 1')
    .transform(Number)
    .default(400),
});

type Environment = z.infer<typeof environment>;

function upstreamOf(url: string | undefined): UpstreamAddress {
  if (!url) return { kind: 'outbox' };
  const { protocol, hostname, port: given, username, password, search } = new URL(url);
  const implicitTls = protocol === 'smtps:';
  const base = {
    kind: 'smtp' as const,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: given ? Number(given) : implicitTls ? 465 : 25,
    implicitTls,
  };
  if (!username) return base;
  const auth = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { ...base, auth: search === '' ? auth : { ...auth, method: 'xoauth2' } };
}

/** Faults that show only when several variables are seen together; read from the raw text, beside faults of single ones. */
function contradictions(given: Readonly<Record<string, string | undefined>>): string[] {
  const faults = smtpContradictions(given);
  const production = given.NODE_ENV === 'production';
  if (production && !given.SECRET_KEY) faults.push('SECRET_KEY: required in production');
  if (production && !given.BASE_URL) {
    faults.push('BASE_URL: required in production (links in mails start with it)');
  }
  if (production && !given.UPSTREAM_URL) {
    faults.push('UPSTREAM_URL: required in production (without it mails would be written to files)');
  }
  const roles = new Set((given.ROLES ?? ROLES.join(',')).split(',').map((role) => role.trim()));
  const split = ROLES.some((role) => !roles.has(role));
  if (split && !given.DATABASE_URL) {
    faults.push(
      `ROLES: without DATABASE_URL the embedded database serves one process, which needs all of ${ROLES.join(',')}`,
    );
  }
  const several = [
    { name: 'WEB_CONCURRENCY', role: 'web' },
    { name: 'SMTP_CONCURRENCY', role: 'smtp' },
  ].filter(({ name, role }) => Number(given[name] ?? 1) > 1 && roles.has(role));
  if (!given.DATABASE_URL) {
    for (const { name } of several)
      faults.push(`${name}: without DATABASE_URL the embedded database serves one process; set it to 1`);
  }
  if ((split || several.length > 0) && !production && !given.SECRET_KEY) {
    faults.push('SECRET_KEY: required when roles run in separate processes');
  }
  if (given.DATABASE_REPLICA_URL && !given.DATABASE_URL) {
    faults.push('DATABASE_REPLICA_URL: needs DATABASE_URL, of which it is the replica');
  }
  if (given.SECRET_KEY_PREVIOUS && !given.SECRET_KEY) {
    faults.push('SECRET_KEY_PREVIOUS: needs SECRET_KEY, the one that replaces it');
  }
  if (given.PORT && given.PORT !== '0' && given.PORT === (given.SMTP_PORT ?? '2525')) {
    faults.push(`PORT and SMTP_PORT: both are ${given.PORT}`);
  }
  return faults;
}

/**
 * Reads the environment into a Config.
 * @param env the variables, as in process.env; an empty string counts as unset
 * @throws ConfigError naming every faulty variable at once
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  const issues = parsed.error?.issues ?? [];
  const faults = new Set(issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`));
  for (const fault of contradictions(given)) faults.add(fault);
  if (!parsed.success || faults.size > 0) throw new ConfigError([...faults]);
  return configOf(parsed.data);
}

function configOf(env: Environment): Config {
  const baseUrl = env.BASE_URL ?? `http://localhost:${env.PORT}`;
  return {
    environment: env.NODE_ENV,
    port: env.PORT,
    smtpPort: env.SMTP_PORT,
    smtpTls:
      env.SMTP_TLS_CERT && env.SMTP_TLS_KEY
        ? { certPath: env.SMTP_TLS_CERT, keyPath: env.SMTP_TLS_KEY }
        : undefined,
    smtp: smtpConfigOf(env),
    operation: operationConfigOf(env),
    baseUrl,
    linkBaseUrl: env.LINK_BASE_URL ?? `${baseUrl}/r`,
    databaseUrl: env.DATABASE_URL,
    replicaUrl: env.DATABASE_REPLICA_URL,
    dataDir: env.DATA_DIR,
    redisUrls: env.REDIS_URL ?? [],
    upstream: upstreamOf(env.UPSTREAM_URL),
    sendgrid: { apiKey: env.SENDGRID_API_KEY, baseUrl: env.SENDGRID_BASE_URL },
    destinationUrl: env.DESTINATION_URL,
    operatorKey: env.OPERATOR_KEY,
    secretKey: env.SECRET_KEY,
    previousSecretKeys: env.SECRET_KEY_PREVIOUS,
    roles: env.ROLES,
    webConcurrency: env.WEB_CONCURRENCY,
    smtpConcurrency: env.SMTP_CONCURRENCY,
    trustProxy: env.TRUST_PROXY,
    logLevel: env.LOG_LEVEL,
    mailFrom: env.MAIL_FROM ?? `no-reply@${new URL(baseUrl).hostname}`,
    retentionMessageDays: env.RETENTION_MESSAGE_DAYS,
    agency: {
      name: env.AGENCY_NAME,
      licence: env.AGENCY_LICENSE,
      operatorName: env.OPERATOR_NAME,
      operatorAddress: env.OPERATOR_ADDRESS,
    },
    asnTable: env.ASN_TABLE,
    retentionClickDays: env.RETENTION_CLICK_DAYS,
  };
}
