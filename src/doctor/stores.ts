import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Config, Role } from '../config.js';
import { type Db, openPglite, openPostgres } from '../db/db.js';
import { migrationState } from '../db/migrate.js';
import { withinDeadline } from '../deadline.js';
import { AppError } from '../errors.js';
import type { PublishedKey } from './dns.js';
import { type Finding, fail, ok, reasonOf, warn } from './finding.js';
import { skewFinding } from './machine.js';

/** Milliseconds that a store has to answer. */
const PATIENCE = 5_000;
/** PostgreSQL 13 and older are no longer maintained. */
const OLDEST = 140_000;

/** What is read from the database for the checks that come after it. */
export type Known = Readonly<{ keys: readonly PublishedKey[]; linkHosts: readonly string[] }>;
const NOTHING: Known = { keys: [], linkHosts: [] };

export type DatabaseExamined = Readonly<{ findings: readonly Finding[]; known: Known }>;

function embeddedInUse({ dataDir, baseUrl }: Config): DatabaseExamined {
  const [pid = '?'] = readFileSync(join(dataDir, 'process.lock'), 'utf8').split(' ');
  const said = `embedded in ${dataDir}, in use by process ${pid}; what it knows is at ${baseUrl}/readyz`;
  return { findings: [ok('database', said)], known: NOTHING };
}

async function opened(config: Config): Promise<Db | DatabaseExamined> {
  if (config.databaseUrl) return openPostgres(config.databaseUrl, 2);
  if (!existsSync(join(config.dataDir, 'pgdata'))) {
    return {
      findings: [ok('database', `embedded, to be made in ${config.dataDir} at the first start`)],
      known: NOTHING,
    };
  }
  try {
    return await openPglite({ directory: config.dataDir });
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return embeddedInUse(config);
    const todo = 'put a backup back (docs/operations.md)';
    return { findings: [fail('database', `${config.dataDir}: ${reasonOf(error)}`, todo)], known: NOTHING };
  }
}

type ServerRow = {
  version: number;
  name: string;
  encoding: string;
  zone: string;
  recovery: boolean;
  connections: number;
  now: Date;
};

/** Connections of one process's pool. */
const POOL = 10;

/** Whether the processes of this machine alone could use up what the server has. */
function roomFinding(
  { webConcurrency, smtpConcurrency, roles }: Config,
  connections: number,
): Finding | undefined {
  const forked = (role: Role, count: number) => (roles.includes(role) && count > 1 ? count : 0);
  const processes = 1 + forked('web', webConcurrency) + forked('smtp', smtpConcurrency);
  if (processes * POOL < connections * 0.8) return undefined;
  const said = `${processes} processes take up to ${processes * POOL} of its ${connections} connections`;
  return warn('database', said, 'raise max_connections, or put PgBouncer (session pooling) before it');
}

function serverFindings(row: ServerRow, embedded: boolean): Finding[] {
  const said = embedded
    ? `embedded PostgreSQL ${row.name}`
    : `PostgreSQL ${row.name}, ${row.connections} connections at most`;
  const findings = [ok('database', said)];
  if (row.version < OLDEST)
    findings.push(fail('database', `PostgreSQL ${row.name} is too old`, 'use PostgreSQL 14 or newer'));
  if (row.recovery) {
    findings.push(
      fail('database', 'it is a replica: nothing can be written', 'let DATABASE_URL name the primary'),
    );
  }
  if (row.encoding !== 'UTF8') {
    findings.push(
      fail(
        'database',
        `its encoding is ${row.encoding}`,
        "make it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
      ),
    );
  }
  findings.push(ok('time zone', `the database’s is ${row.zone}; days are counted in each company’s own`));
  return findings;
}

async function schemaFinding(db: Db): Promise<Finding> {
  const { pending, unknown } = await migrationState(db);
  if (unknown.length > 0) {
    const said = `the schema is newer than this program (${unknown.at(-1)})`;
    return warn('schema', said, 'finish the upgrade: this version works beside the next one, not after it');
  }
  if (pending.length > 0) {
    return warn(
      'schema',
      `${pending.length} migration(s) to come, from ${pending[0]} on`,
      'career-relay migrate (a start does it, too)',
    );
  }
  return ok('schema', 'up to date');
}

async function knownOf(db: Db): Promise<Known> {
  const keys = await db.query<PublishedKey>(
    'SELECT domain, selector, public_key AS "publicKey" FROM dkim_keys WHERE revoked_at IS NULL ORDER BY domain, selector LIMIT 50',
  );
  const hosts = await db.query<{ host: string }>(
    'SELECT link_host AS host FROM companies WHERE link_host IS NOT NULL ORDER BY link_host LIMIT 50',
  );
  return { keys, linkHosts: hosts.map(({ host }) => host) };
}

async function examine(config: Config, db: Db): Promise<DatabaseExamined> {
  const before = Date.now();
  const [row] = await db.query<ServerRow>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
       current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone,
       pg_is_in_recovery() AS recovery, current_setting('max_connections')::int AS connections, clock_timestamp() AS now`,
  );
  const clock = skewFinding('the database', row!.now.getTime(), before, Date.now());
  const schema = await schemaFinding(db);
  const findings = [...serverFindings(row!, db.engine === 'pglite'), schema];
  if (db.engine === 'postgres') {
    const room = roomFinding(config, row!.connections);
    findings.push(clock, ...(room ? [room] : []));
  }
  // Before the first migration there is nothing to ask for.
  const known = schema.status === 'ok' ? await knownOf(db) : NOTHING;
  return { findings, known };
}

/** Looks at the database and changes nothing. */
export async function checkDatabase(config: Config): Promise<DatabaseExamined> {
  const db = await opened(config);
  if ('findings' in db) return db;
  try {
    return await withinDeadline(examine(config, db), PATIENCE);
  } catch (error) {
    const todo = 'is it running, does DATABASE_URL name it, and does pg_hba.conf let this machine in?';
    return { findings: [fail('database', `cannot be asked: ${reasonOf(error)}`, todo)], known: NOTHING };
  } finally {
    await db.close().catch(() => {});
  }
}

async function askRedis(client: Redis, node: string): Promise<Finding[]> {
  await client.connect();
  const before = Date.now();
  const [seconds, micros] = (await client.time()) as unknown as [number | string, number | string];
  const clock = skewFinding(
    `Redis at ${node}`,
    Number(seconds) * 1_000 + Number(micros) / 1_000,
    before,
    Date.now(),
  );
  const info = await client.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '?';
  const findings = [
    ok(
      'Redis',
      `${node}: ${field('redis_version')}, appendonly ${field('aof_enabled') === '1' ? 'yes' : 'no'}`,
    ),
  ];
  if (field('maxmemory_policy') !== 'noeviction') {
    const todo = 'maxmemory-policy noeviction: clicks that wait there must not be thrown away';
    findings.push(warn('Redis', `${node} may evict keys (${field('maxmemory_policy')})`, todo));
  }
  if (field('cluster_enabled') === '1') {
    const state = /cluster_state:(\w+)/.exec(String(await client.cluster('INFO')))?.[1];
    if (state !== 'ok')
      findings.push(fail('Redis', `${node}: the cluster is ${state}`, 'redis-cli --cluster check'));
  }
  return [...findings, clock];
}

/** Each node of REDIS_URL. */
export async function checkRedis({ redisUrls }: Config): Promise<Finding[]> {
  const nodes = redisUrls.map(async (url) => {
    const node = new URL(url).host;
    const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    client.on('error', () => {});
    try {
      return await withinDeadline(askRedis(client, node), PATIENCE);
    } catch (error) {
      return [
        fail(
          'Redis',
          `${node} cannot be asked: ${reasonOf(error)}`,
          'is it running, and does REDIS_URL name it?',
        ),
      ];
    } finally {
      client.disconnect();
    }
  });
  return (await Promise.all(nodes)).flat();
}
