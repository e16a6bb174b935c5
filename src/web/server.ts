import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { Traces } from '../traces.js';
import { type DeclaredRoute, routesOf } from './access.js';
import { assetRoutes } from './assets.js';
import { bearerAuth } from './auth.js';
import { type FrontHandler, openFrontLane } from './front-lane.js';
import { problemHandler } from './problem.js';
import { keepRawBody } from './raw-body.js';
import { limitNetworks } from './request-limits.js';
import { type StatusParts, statusRoutes } from './status.js';
import { timeRequests } from './timed-requests.js';

export type WebParts = Readonly<{
  front: readonly FrontHandler[];
  /** Routes that read their bodies themselves, whatever the request calls them; before anything else does. */
  raw: readonly Router[];
  /** Pages and other routes without a key. */
  pages: readonly Router[];
  /** Routes under `/v1` that read their bodies themselves, as they come; behind `Authorization: Bearer`. */
  streamed: readonly Router[];
  /** Routes under `/v1`, behind `Authorization: Bearer`. */
  api: readonly Router[];
  /** Lets requests in that carry a signature in place of a key; runs when the body has been read. */
  signed: RequestHandler;
  status: StatusParts;
  /** Where traces are wanted. */
  traces?: Traces;
}>;

/** What our pages may load: our own files, nothing inline, nobody else's (CSP level 3). */
const CONTENT_SECURITY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** The same policy as one header value, for pages that are answered in front of Express. */
export const CONTENT_SECURITY_POLICY = Object.entries(CONTENT_SECURITY)
  .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
  .join(';');

const BODY_LIMIT = '1mb';

/** Express's own setting, as text: a number of hops, true/false, or a list of networks. */
export function trustProxyOf(value: string | undefined): string | number | boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  return /^\d+$/.test(value) ? Number(value) : value;
}

/** Every route that Express serves, and who may call it. @throws Error for one that does not say */
function declaredRoutes(parts: WebParts): DeclaredRoute[] {
  const open = [statusRoutes(parts.status), assetRoutes(), ...parts.raw, ...parts.pages];
  return [
    ...open.flatMap((router) => routesOf(router)),
    ...[...parts.streamed, ...parts.api].flatMap((router) => routesOf(router, '/v1')),
  ];
}

export function createExpress(deps: Deps, parts: WebParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', trustProxyOf(deps.config.trustProxy));
  app.set('query parser', 'simple');
  const https = deps.config.baseUrl.startsWith('https:');
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY },
      strictTransportSecurity: https,
      referrerPolicy: { policy: 'same-origin' },
    }),
  );
  app.use(statusRoutes(parts.status));
  app.use(timeRequests(deps.events, parts.traces));
  app.use(assetRoutes());
  app.use(limitNetworks(deps));
  for (const routes of parts.raw) app.use(routes);
  app.use(express.urlencoded({ extended: false, limit: '64kb' }));
  for (const pages of parts.pages) app.use(pages);
  const json = express.json({ limit: BODY_LIMIT, verify: keepRawBody });
  const csv = express.raw({ type: 'text/csv', limit: BODY_LIMIT, verify: keepRawBody });
  app.use('/v1', bearerAuth(deps), ...parts.streamed, json, csv, parts.signed, ...parts.api);
  app.use((request) => {
    throw new AppError('not_found', `no such route: ${request.method} ${request.path}`);
  });
  app.use(problemHandler(deps));
  return app;
}

/**
 * Octets of a request's line and headers, and milliseconds that a client has for them and for the whole request: one that
 * sends a byte now and then holds its connection so long and no longer (slowloris). A table of 100,000 rows is sent in
 * seconds, or in two minutes over a poor line.
 */
const HTTP_LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  // Longer than the minute for which balancers keep a connection: a request on its way must not meet its end.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};
/** Clients at once; a process may open at least so many files wherever it is installed by the guide. */
const CONNECTIONS = 10_000;

function refuseClient(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Milliseconds that running requests have to finish at close, and between looks for connections that fell idle. */
const GRACE = 12_000;
const LOOK_EVERY = 50;

/** Takes no new connection, lets running requests finish, cuts off those that take too long, then resolves. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY);
    const limit = setTimeout(() => server.closeAllConnections(), GRACE);
    server.close(() => {
      clearInterval(looking);
      clearTimeout(limit);
      resolve();
    });
  });
}

/**
 * The HTTP server: the front handlers first, each in turn, then Express.
 * @param limits shorter ones for tests
 */
export function createWebServer(deps: Deps, parts: WebParts, limits: typeof HTTP_LIMITS = HTTP_LIMITS) {
  const routes = declaredRoutes(parts);
  const app = createExpress(deps, parts);
  let retired = false;
  const server: Server = createServer(limits, (request, response) => {
    // RFC 9112 §9.6: who is told `Connection: close` sends nothing more on this one.
    if (retired) response.shouldKeepAlive = false;
    for (const handle of parts.front) if (handle(request, response)) return;
    app(request, response);
  });
  server.maxConnections = CONNECTIONS;
  // A client that is late, or sends too much, is told so where it can be, and cut off.
  server.on('clientError', refuseClient);
  const lane = openFrontLane(server, parts.front);
  return {
    routes,
    /** @returns the port that was bound (another than asked for when that was 0) */
    listen(port: number): Promise<number> {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => resolve((server.address() as AddressInfo).port));
      });
    },
    /** Goes on serving, and asks each client to make another connection for its next request. */
    retire(): void {
      retired = true;
      lane.retire();
    },
    close(): Promise<void> {
      retired = true;
      const closed = closeServer(server);
      lane.close();
      return closed;
    },
  };
}
