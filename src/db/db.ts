import { mkdirSync } from 'node:fs';
import { PGlite, types } from '@electric-sql/pglite';
import pg from 'pg';
import { createStatements, type Statements } from './embedded.js';
import { lockDirectory } from './lock.js';
import { createTurns } from './turns.js';

/** For statements on a hot path. PGlite needs neither and ignores both. */
export type QueryOptions = Readonly<{
  /** Prepared under this name once a connection; the same name always with the same SQL. */
  name?: string;
  /** Milliseconds after which the query fails and its connection is closed. */
  timeout?: number;
}>;

/** Reads and single statements. `values` are the statement's `$1 …`; JSON columns take text. */
export interface Queryable {
  query<Row = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Row[]>;
}

/** A transaction's handle. A type of its own: writers that need atomicity demand it. */
export interface Tx extends Queryable {
  readonly kind: 'tx';
  /** Runs SQL of several statements without values (migrations). */
  exec(sql: string): Promise<void>;
}

/**
 * PostgreSQL, or PGlite (PostgreSQL as WebAssembly in this process), behind one type.
 * Rows come the same from both: int8 as number, timestamptz as Date, bytea as Buffer, json parsed.
 * Inside `transaction` use only the `tx` that is passed: on PGlite the outer handle would wait for itself.
 */
export interface Db extends Queryable {
  readonly engine: 'postgres' | 'pglite';
  /** Commits when `work` resolves; rolls back and rethrows when it throws. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs SQL of several statements without values (migrations). */
  exec(sql: string): Promise<void>;
  /** Of the pool, where there is one. */
  connections?(): Readonly<{ open: number; idle: number; waiting: number }>;
  close(): Promise<void>;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a JavaScript integer`);
  return value;
}

const NUMERIC_OID = 1700;

const NO_JIT = 'SET jit = off';
/** PostgreSQL plans anew each time where it takes the estimate for known values for the better one. */
const PLAN_ONCE = 'SET plan_cache_mode = force_generic_plan';

/**
 * Opens a pool on PostgreSQL. `max` connections are opened as needed; the first query tells whether it is there.
 * @param fewStatements whether a few named statements come again and again: each is planned once a connection
 */
export function openPostgres(url: string, max = 10, fewStatements = false): Db {
  const parsers = new pg.TypeOverrides();
  parsers.setTypeParser(pg.types.builtins.INT8, safeInteger);
  parsers.setTypeParser(NUMERIC_OID, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types: parsers,
    connectionTimeoutMillis: 10_000,
    // A server that went away with its network says nothing: without this its connections would be waited on for hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Statements here are small and many. Where statistics are missing PostgreSQL takes one for large and compiles it
    // anew at each run (JIT), which was seen to cost 60 ms for one of 3 ms. A setting of the session, since poolers
    // refuse it at start.
    onConnect: async (client) =>
      void (await client.query(fewStatements ? `${NO_JIT}; ${PLAN_ONCE}` : NO_JIT)),
  });
  // An idle connection that breaks is replaced by the pool at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  // So would one that breaks in a transaction between two statements; the next statement fails and says so.
  pool.on('connect', (client) => void client.on('error', () => {}));
  return {
    engine: 'postgres',
    query: async <Row>(sql: string, values?: readonly unknown[], options?: QueryOptions) =>
      (await pool.query(statement(sql, values, options))).rows as Row[],
    transaction: (work) => postgresTransaction(pool, work),
    exec: async (sql) => void (await pool.query(sql)),
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

type Statement = pg.QueryConfig & { query_timeout?: number };

function statement(sql: string, values?: readonly unknown[], options?: QueryOptions): Statement {
  return {
    text: sql,
    values: values as unknown[],
    name: options?.name,
    query_timeout: options?.timeout,
  };
}

async function postgresTransaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work({
      kind: 'tx',
      query: async <Row>(sql: string, values?: readonly unknown[], options?: QueryOptions) =>
        (await client.query(statement(sql, values, options))).rows as Row[],
      exec: async (sql) => void (await client.query(sql)),
    });
    committed((await client.query('COMMIT')).command);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      broken = rollback;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

const pgliteParsers = {
  [types.INT8]: safeInteger,
  [types.NUMERIC]: Number,
  [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex'),
};

/**
 * Opens the embedded database.
 * @param place the directory that holds it, or a dump to load into memory (tests), or nothing: empty, in memory
 * @throws AppError when another running process holds the directory
 */
export async function openPglite(place: { directory: string } | { dump: Blob } | undefined): Promise<Db> {
  let unlock = () => {};
  let engine: PGlite;
  if (place && 'directory' in place) {
    mkdirSync(place.directory, { recursive: true });
    unlock = lockDirectory(place.directory);
    engine = await PGlite.create({ dataDir: `${place.directory}/pgdata`, parsers: pgliteParsers });
  } else {
    engine = await PGlite.create({ loadDataDir: place?.dump, parsers: pgliteParsers });
  }
  return pgliteDb(engine, unlock);
}

export function pgliteDb(engine: PGlite, unlock: () => void): Db {
  const { run, exec } = createStatements(engine);
  // One connection: who comes while a transaction is open waits for its end.
  const inTurn = createTurns();
  const query = async <Row>(sql: string, values?: readonly unknown[]) => (await run(sql, values)) as Row[];
  return {
    engine: 'pglite',
    query: (sql, values) => inTurn(() => query(sql, values)),
    transaction: (work) => inTurn(() => pgliteTransaction({ run, exec }, work)),
    exec: (sql) => inTurn(async () => void (await exec(sql))),
    close: () =>
      inTurn(async () => {
        await engine.close();
        unlock();
      }),
  };
}

async function pgliteTransaction<T>({ run, exec }: Statements, work: (tx: Tx) => Promise<T>): Promise<T> {
  let open = true;
  const whileOpen = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    open ? ask() : Promise.reject(new Error('the transaction has ended'));
  const tx: Tx = {
    kind: 'tx',
    query: async <Row>(sql: string, values?: readonly unknown[]) =>
      (await whileOpen(() => run(sql, values))) as Row[],
    exec: async (sql) => void (await whileOpen(() => exec(sql))),
  };
  await exec('BEGIN');
  try {
    const result = await work(tx);
    open = false;
    committed(await exec('COMMIT'));
    return result;
  } catch (error) {
    open = false;
    // Where COMMIT has ended the transaction already PostgreSQL answers with a warning.
    await exec('ROLLBACK');
    throw error;
  }
}

/** A failed statement that somebody went on after: PostgreSQL answers COMMIT with ROLLBACK, and no error. */
function committed(tag: string): void {
  if (tag !== 'COMMIT') throw new Error(`the transaction ended with ${tag}: a statement of it had failed`);
}
