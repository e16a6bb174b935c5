import { z } from 'zod';

/** A moment as every answer writes it: UTC, to the millisecond. */
export const moment = z.iso.datetime();
/** A count of things, or a sum over ledger entries. */
export const count = z.int();
export const id = z.guid();
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Where the list goes on: the `cursor` of the next call; null at its end. */
export const next = z.string().nullable();
