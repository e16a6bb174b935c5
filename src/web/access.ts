import type { NextFunction, Request, Response, Router } from 'express';
import type { Scope } from '../company/credentials.js';
import type { Role } from '../company/members.js';
import { AppError } from '../errors.js';

/** Why a route needs neither session nor key. */
export type OpenReason =
  | 'health'
  | 'asset'
  | 'candidate'
  | 'sign-in'
  | 'description'
  /** The secret in the address is what lets in. */
  | 'feed'
  /** Outside production only. */
  | 'development';

/**
 * Whose key may call: of the company that `:id` names, of the company that the work is for, or of none. `sender`: a
 * company's alone, not even an operator's: mail goes out in its name.
 */
export type KeyReach = 'path' | 'own' | 'common' | 'sender';

/** Who may call a route. Operators' keys may call every route that takes keys but those of senders. */
export type Access =
  | Readonly<{ kind: 'open'; why: OpenReason }>
  | Readonly<{ kind: 'session'; roles: readonly Role[] }>
  | Readonly<{ kind: 'key'; reach: KeyReach; scopes: readonly Scope[] }>;

export type DeclaredRoute = Readonly<{ method: string; path: string; access: Access }>;

/** A handler that does not care for the parameters of its path: they stay typed for those behind it. */
export type Guard = <Params>(
  request: Request<Params>,
  response: Response,
  next: NextFunction,
) => void | Promise<void>;

const declarations = new WeakMap<object, Access>();
const passers = new WeakSet<object>();

/** Says what a guard lets through. A route is declared by the one guard that stands among its handlers. */
export function declared(access: Access, guard: Guard): Guard {
  declarations.set(guard, access);
  return guard;
}

/** Says that a handler only prepares the way or refuses: it may stand in front of a guard, or without one. */
export function passing(handler: Guard): Guard {
  passers.add(handler);
  return handler;
}

/**
 * The guard of a route for everybody. What other sites' pages post is refused: browsers say whence a form comes
 * (Fetch Metadata, `Sec-Fetch-Site`); whoever does not say is no browser of today.
 */
export function forEverybody(why: OpenReason): Guard {
  return declared({ kind: 'open', why }, (request, _response, next) => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads && request.headers['sec-fetch-site'] === 'cross-site') {
      throw new AppError('forbidden', 'this form was sent from another site');
    }
    next();
  });
}

type Layer = Readonly<{
  handle: object;
  method?: string;
  route?: Readonly<{ path: string; stack: readonly Layer[] }>;
}>;

function isRouter(handle: object): handle is { stack: readonly Layer[] } {
  return 'stack' in handle && Array.isArray(handle.stack);
}

/** Express tells handlers of faults from others by their four parameters. */
function handlesFaults(handle: object): boolean {
  return typeof handle === 'function' && handle.length === 4;
}

function undeclared(what: string, path: string): never {
  throw new Error(
    `${what} ${path} does not say who may call it: put one of requireSession, companyKeys, ownKeys, commonKeys and forEverybody in front of its handler`,
  );
}

function routeOf(prefix: string, { path, stack }: NonNullable<Layer['route']>): DeclaredRoute {
  const method = stack[0]?.method ?? 'all';
  const guards = stack.filter(({ handle }) => declarations.has(handle));
  const [guard] = guards;
  const name = `${prefix}${path}`;
  if (!guard || guards.length > 1 || guard === stack.at(-1)) return undeclared(method, name);
  const early = stack.slice(0, stack.indexOf(guard));
  if (!early.every(({ handle }) => passers.has(handle))) return undeclared(method, name);
  return { method, path: name, access: declarations.get(guard.handle)! };
}

/**
 * Every route of a router and of those inside it, with who may call it.
 * @param prefix where the router is mounted
 * @throws Error naming the first route that does not declare it
 */
export function routesOf(router: Router | { stack: readonly unknown[] }, prefix = ''): DeclaredRoute[] {
  return (router.stack as readonly Layer[]).flatMap((layer) => {
    if (layer.route) return [routeOf(prefix, layer.route)];
    if (isRouter(layer.handle)) return routesOf(layer.handle, prefix);
    if (handlesFaults(layer.handle) || passers.has(layer.handle)) return [];
    return undeclared('a handler under', prefix || '/');
  });
}
