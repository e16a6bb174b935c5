import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Router } from 'express';
import { forEverybody } from './access.js';

/** What is told of a process to who watches it. */
export type StatusParts = Readonly<{
  /** Why the service is not ready; empty when it is. */
  notReady: () => Promise<string[]>;
  /** In Prometheus' text format. */
  metrics: () => Promise<string>;
}>;

/** `/healthz`: the process lives. `/readyz`: it wants to be sent requests, or why not. `/metrics`. */
export function statusRoutes(parts: StatusParts): Router {
  const router = express.Router();
  router.get(
    '/healthz',
    forEverybody('health'),
    (_request, response) => void response.json({ status: 'ok' }),
  );
  router.get('/readyz', forEverybody('health'), async (_request, response) => {
    const reasons = await parts.notReady();
    response
      .status(reasons.length === 0 ? 200 : 503)
      .json({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
  });
  router.get('/metrics', forEverybody('health'), async (_request, response) => {
    response.type('text/plain; version=0.0.4').send(await parts.metrics());
  });
  return router;
}

/** The same routes on a port of their own: for processes that serve no pages, and where the public port shows none. */
export function createStatusServer(parts: StatusParts) {
  const app = express().disable('x-powered-by').use(statusRoutes(parts));
  const server: Server = createServer(app);
  return {
    /** @returns the port that was bound */
    listen(port: number): Promise<number> {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => resolve((server.address() as AddressInfo).port));
      });
    },
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}
