import { z } from 'zod';
import { AppError } from '../errors.js';
import type { MessageCursor } from './queries.js';

/** A place in the list of messages as opaque text: the last one shown. */
export function encodeCursor(at: MessageCursor): string {
  return Buffer.from(`${at.receivedAt.toISOString()} ${at.id}`).toString('base64url');
}

/** @throws AppError `invalid_input` for a text that is not a cursor of ours */
export function decodeCursor(text: string): MessageCursor {
  const [at = '', id = ''] = Buffer.from(text, 'base64url').toString().split(' ');
  const receivedAt = new Date(at);
  if (Number.isNaN(receivedAt.getTime()) || !z.uuid().safeParse(id).success) {
    throw new AppError('invalid_input', 'cursor: give the `next` of an earlier answer', [
      { field: 'cursor', message: 'is not one of ours' },
    ]);
  }
  return { receivedAt, id };
}
