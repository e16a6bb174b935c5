import type { Request, RequestHandler } from 'express';
import type { Events } from '../events.js';
import type { Traces } from '../traces.js';

/** What was asked for, as the pattern of its route: the path itself may name a candidate's link. */
function routeOf(request: Request): string {
  const { path } = (request.route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? `${request.baseUrl}${path}` : '(no route)';
}

/** Tells how long each request took, and makes a span of it where traces are wanted. Streams that stay open count when they end. */
export function timeRequests(events: Events, traces: Traces | undefined): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const from = traces && Date.now();
    response.once('close', () => {
      const took = performance.now() - began;
      events.requestTimed(/^\/v[13]\//.test(request.originalUrl) ? 'api' : 'page', took);
      if (from === undefined) return;
      const { method } = request;
      const { traceparent } = request.headers;
      traces?.request({
        method,
        route: routeOf(request),
        status: response.statusCode,
        from,
        to: from + took,
        traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      });
    });
    next();
  };
}
