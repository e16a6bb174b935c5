import type { NextFunction, Request, Response } from 'express';
import { findApiCredential, type Scope } from '../company/credentials.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest, sameBytes } from '../keys.js';

/** Who asks, and what they may do. `companyId` null: not bound to one company (operator, agency). */
export type Principal = Readonly<{ id: string; companyId: string | null; scopes: ReadonlySet<Scope> }>;

function bearerOf(request: Request): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

async function principalOf(deps: Deps, key: string): Promise<Principal | undefined> {
  const { operatorKey } = deps.config;
  if (operatorKey && sameBytes(digest(key), digest(operatorKey))) {
    return { id: 'operator-key', companyId: null, scopes: new Set(['operator']) };
  }
  const credential = await findApiCredential(deps.db, key);
  if (!credential) return undefined;
  return { id: credential.id, companyId: credential.companyId, scopes: new Set(credential.scopes) };
}

/** Reads `Authorization: Bearer KEY`; the routes behind it find the principal by `principal(response)`. */
export function bearerAuth(deps: Deps) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const key = bearerOf(request);
    // Signed requests are let in or refused once their body has been read.
    if (!key && request.header('webhook-signature')) return next();
    if (!key) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      throw new AppError('unauthenticated', 'send Authorization: Bearer KEY');
    }
    const found = await principalOf(deps, key);
    if (!found) {
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
      throw new AppError('unauthenticated', 'this key is unknown or revoked');
    }
    response.locals.principal = found;
    next();
  };
}

export function principal(response: Response): Principal {
  const found = response.locals.principal as Principal | undefined;
  if (!found) throw new AppError('unauthenticated', 'not signed in');
  return found;
}

/** Operators may do everything; the others what one of `scopes` names. @throws AppError `forbidden` */
export function requireScope(who: Principal, ...scopes: readonly Scope[]): void {
  if (who.scopes.has('operator') || scopes.some((scope) => who.scopes.has(scope))) return;
  throw new AppError('forbidden', `this key lacks the scope ${scopes.join(' or ') || 'operator'}`);
}

/** A company's key acts for that company alone. @throws AppError `forbidden` */
export function requireCompany(who: Principal, companyId: string, ...scopes: readonly Scope[]): void {
  requireScope(who, ...scopes);
  if (!who.scopes.has('operator') && who.companyId !== companyId) {
    throw new AppError('forbidden', 'this key belongs to another company');
  }
}
