import type { NextFunction, Request, Response } from 'express';
import { findApiCredential, type Scope } from '../company/credentials.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest, sameBytes } from '../keys.js';
import { declared, type Guard } from './access.js';
import { createKeyLimits } from './request-limits.js';

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
  deps.usage.note(credential.id);
  return { id: credential.id, companyId: credential.companyId, scopes: new Set(credential.scopes) };
}

/** Reads `Authorization: Bearer KEY`; the routes behind it find the principal by `principal(response)`. */
export function bearerAuth(deps: Deps) {
  const limits = createKeyLimits(deps);
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const key = bearerOf(request);
    // Signed requests are let in or refused once their body has been read.
    if (!key && request.header('webhook-signature')) return next();
    if (!key) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      throw new AppError('unauthenticated', 'send Authorization: Bearer KEY');
    }
    await limits.mayTry(request, response);
    const found = await principalOf(deps, key);
    if (!found) {
      await limits.wrong(request);
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"');
      throw new AppError('unauthenticated', 'this key is unknown or revoked');
    }
    await limits.called(found.id, response);
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

/** The guard of a route below `/companies/:id`: for operators, and for keys of that company with one of `scopes`. */
export function companyKeys(...scopes: readonly Scope[]): Guard {
  return declared({ kind: 'key', reach: 'path', scopes }, (request, response, next) => {
    const who = principal(response);
    requireScope(who, ...scopes);
    const named = String((request.params as { id?: unknown }).id).toLowerCase();
    if (!who.scopes.has('operator') && who.companyId !== named) {
      throw new AppError('forbidden', 'this key belongs to another company');
    }
    next();
  });
}

function keys(reach: 'own' | 'common', scopes: readonly Scope[]) {
  return declared({ kind: 'key', reach, scopes }, (_request, response, next) => {
    requireScope(principal(response), ...scopes);
    next();
  });
}

/**
 * The guard of a route whose company does not stand in its path: what the key's company has. The handler looks no
 * further than `principal(response).companyId`; operators name the company, or mean all.
 */
export const ownKeys = (...scopes: readonly Scope[]) => keys('own', scopes);

/** The guard of a route that belongs to no company: for operators, and for keys without a company with one of `scopes`. */
export const commonKeys = (...scopes: readonly Scope[]) => keys('common', scopes);
