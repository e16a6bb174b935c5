import { type Db, openPostgres } from '../../src/db/db.js';

const url = process.env.TEST_DATABASE_URL;
const describePostgres = url ? describe : describe.skip;

describePostgres('a connection that PostgreSQL ends', () => {
  let [db, other]: [Db?, Db?] = [];
  beforeAll(() => {
    [db, other] = [openPostgres(url!, 1), openPostgres(url!, 1)];
  });
  afterAll(async () => {
    await db?.close();
    await other?.close();
  });

  test('between two statements of a transaction fails the transaction, and not the process', async () => {
    const cutOff = db!.transaction(async (tx) => {
      const [mine] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await other!.query('SELECT pg_terminate_backend($1, 5000)', [mine!.pid]);
      // The end of the connection arrives while nothing is asked.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await tx.query('SELECT 1');
    });
    await expect(cutOff).rejects.toThrow();
    expect(await db!.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
