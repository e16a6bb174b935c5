import { randomBytes } from 'node:crypto';
import { createIdSource } from '../../src/click/ids.js';
import { uuid7 } from '../../src/id.js';

const MOMENT = Date.UTC(2026, 10, 22, 5);

describe('ids of clicks', () => {
  test('are UUIDs of version 7, and none comes twice', () => {
    const newId = createIdSource(randomBytes);
    const ids = Array.from({ length: 5_000 }, (_, count) => newId(MOMENT + Math.floor(count / 100)));
    expect(new Set(ids).size).toBe(5_000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('sort by their moment, which they begin with', () => {
    const newId = createIdSource(randomBytes);
    const prefix = (now: number) => uuid7(new Date(now), Buffer.alloc(10)).slice(0, 15);
    for (const now of [0, 1, MOMENT, MOMENT + 1, 2 ** 47]) expect(newId(now).slice(0, 15)).toBe(prefix(now));
  });

  test.each([0x00, 0xff])('carry the variant whatever is drawn (%d)', (byte) => {
    const newId = createIdSource((count) => Buffer.alloc(count, byte));
    expect(newId(MOMENT)).toBe(uuid7(new Date(MOMENT), Buffer.alloc(10, byte)));
  });
});
