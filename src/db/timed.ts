import type { Db } from './db.js';

/** The same database, telling how long each statement and each transaction took, those that failed too. */
export function timed(db: Db, told: (kind: 'query' | 'transaction', milliseconds: number) => void): Db {
  function after<T>(kind: 'query' | 'transaction', work: Promise<T>): Promise<T> {
    const began = performance.now();
    const tell = () => told(kind, performance.now() - began);
    work.then(tell, tell);
    return work;
  }
  return {
    ...db,
    query: (sql, values, options) => after('query', db.query(sql, values, options)),
    transaction: (work) => after('transaction', db.transaction(work)),
  };
}
