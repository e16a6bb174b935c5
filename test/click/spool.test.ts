import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool, type Spool } from '../../src/click/spool.js';
import type { Click } from '../../src/click/store.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';

let made = 0;
const newName = () => String(made++).padStart(6, '0');

function click(id: string): Click {
  const visitor = classifyVisitor('GET', {}, readAgent('Mozilla/5.0 "quoted" \\ ひと'));
  return {
    id,
    by: 'code',
    key: 'bcdfghjk23',
    host: '',
    at: 1_700_000_000_000,
    visitor,
    visitorHash: '',
    asn: null,
  };
}

async function drained(spool: Spool): Promise<Click[]> {
  const clicks: Click[] = [];
  await spool.drain(async (more) => void clicks.push(...more));
  return clicks;
}

describe('spool', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'career-relay-spool-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('gives back what was appended, once, and leaves no file', async () => {
    const spool = await openSpool(root, newName);
    await Promise.all(['a', 'b', 'c'].map((id) => spool.append(click(id))));
    expect(spool.pending()).toBe(true);
    expect(await drained(spool)).toEqual(['a', 'b', 'c'].map(click));
    expect(await drained(spool)).toEqual([]);
    expect(spool.pending()).toBe(false);
    await spool.close();
    expect(readdirSync(join(root, '1'))).toEqual([]);
  });

  test('what was not taken stays for the next attempt', async () => {
    const spool = await openSpool(root, newName);
    await spool.append(click('a'));
    await expect(spool.drain(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await drained(spool)).toEqual([click('a')]);
    await spool.close();
  });

  test('what is appended during a drain is kept for the next', async () => {
    const spool = await openSpool(root, newName);
    await spool.append(click('a'));
    const seen: string[] = [];
    await spool.drain(async (clicks) => {
      if (seen.length === 0) await spool.append(click('b'));
      seen.push(...clicks.map(({ id }) => id));
    });
    expect([...seen, ...(await drained(spool)).map(({ id }) => id)]).toEqual(['a', 'b']);
    await spool.close();
  });

  test('survives a new start', async () => {
    const before = await openSpool(root, newName);
    await before.append(click('a'));
    await before.close();
    const after = await openSpool(root, newName);
    expect(after.pending()).toBe(true);
    expect(await drained(after)).toEqual([click('a')]);
    await after.close();
  });

  test('a line that a crash cut short is passed over', async () => {
    const before = await openSpool(root, newName);
    await before.append(click('a'));
    await before.close();
    const [file] = readdirSync(join(root, '1'));
    appendFileSync(join(root, '1', file!), JSON.stringify(click('b')).slice(0, 40));
    const after = await openSpool(root, newName);
    expect(await drained(after)).toEqual([click('a')]);
    await after.close();
  });

  test('two processes never share a file, and the next start adopts what one that is gone left', async () => {
    const first = await openSpool(root, newName);
    const second = await openSpool(root, newName);
    await first.append(click('a'));
    await second.append(click('b'));
    expect(await drained(second)).toEqual([click('b')]);
    await second.append(click('c'));
    await second.close();
    await first.close();
    const next = await openSpool(root, newName);
    expect(new Set(await drained(next))).toEqual(new Set([click('a'), click('c')]));
    await next.close();
  });

  test('a running process keeps what is its own', async () => {
    const first = await openSpool(root, newName);
    const second = await openSpool(root, newName);
    await first.append(click('a'));
    await second.close();
    const third = await openSpool(root, newName);
    expect(await drained(third)).toEqual([]);
    expect(await drained(first)).toEqual([click('a')]);
    await first.close();
    await third.close();
  });

  test('refuses, and says so, where nothing can be written; then goes on', async () => {
    const spool = await openSpool(root, newName);
    const next = join(root, '1', `clicks-${String(made).padStart(6, '0')}.jsonl`);
    mkdirSync(next);
    await expect(spool.append(click('a'))).rejects.toThrow(/EEXIST/);
    await spool.append(click('b'));
    rmSync(next, { recursive: true });
    expect(await drained(spool)).toEqual([click('b')]);
    await spool.close();
  });

  test('files of others in its directory are left alone', async () => {
    mkdirSync(join(root, '1'));
    writeFileSync(join(root, '1', 'note.txt'), 'hello');
    const spool = await openSpool(root, newName);
    expect(spool.pending()).toBe(false);
    await spool.close();
    expect(readdirSync(join(root, '1'))).toEqual(['note.txt']);
  });
});
