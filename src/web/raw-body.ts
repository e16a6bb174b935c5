import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';

const bodies = new WeakMap<IncomingMessage, Buffer>();

/** For the body parsers' `verify`: keeps the bytes as they came, since a signature is over bytes. */
export function keepRawBody(request: IncomingMessage, _response: unknown, body: Buffer): void {
  bodies.set(request, body);
}

/** The body's bytes; empty where there was none. */
export function rawBodyOf(request: Request): Buffer {
  return bodies.get(request) ?? Buffer.alloc(0);
}
