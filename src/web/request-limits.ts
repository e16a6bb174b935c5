import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { Limit, Limiter } from '../limiter.js';
import { networkOf } from '../network.js';

/**
 * What one network, or one key, may ask of a fleet. An office and a university go out by one address, and so does a
 * balancer whose TRUST_PROXY was forgotten: these stop floods, not people. What must not be tried often (sign-in,
 * registration, my data, codes, passwords of mail servers) has a limit of its own where it is done.
 */
const PAGES: Limit = { name: 'pages', points: 1_200, duration: 60 };
const FORMS: Limit = { name: 'forms', points: 300, duration: 60 };
const CALLS: Limit = { name: 'calls', points: 12_000, duration: 60 };
/** Keys are drawn from 2^256: nobody guesses one, but each try asks the database. */
const WRONG_KEYS: Limit = { name: 'wrong-keys', points: 300, duration: 900 };

/** @throws AppError `too_many_requests`, and tells the client when to come back */
async function spend(limiter: Limiter, key: string, response: Response): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw refusal(refused, response);
  }
}

function refusal({ msBeforeNext }: RateLimiterRes, response: Response): AppError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  response.setHeader('Retry-After', String(seconds));
  return new AppError('too_many_requests', `too many requests: try again in ${seconds} s`);
}

const isRead = ({ method }: Request) => method === 'GET' || method === 'HEAD';

/** For everything that a network asks for, whoever it is; the redirect does not come this way. */
export function limitNetworks({ limiters }: Pick<Deps, 'limiters'>): RequestHandler {
  const [pages, forms] = [limiters.prompt(PAGES), limiters.prompt(FORMS)];
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    // Programs come with a key, and are counted by it.
    if (request.path.startsWith('/v1/') || request.path.startsWith('/v3/')) return next();
    await spend(isRead(request) ? pages : forms, networkOf(request.ip ?? ''), response);
    next();
  };
}

/** How often a key may call, and how often a network may come with a key that is none. */
export type KeyLimits = Readonly<{
  /** @throws AppError `too_many_requests` */
  called(key: string, response: Response): Promise<void>;
  /** @throws AppError `too_many_requests` when the network has come with too many */
  mayTry(request: Request, response: Response): Promise<void>;
  wrong(request: Request): Promise<void>;
}>;

export function createKeyLimits({ limiters }: Pick<Deps, 'limiters'>): KeyLimits {
  const [calls, wrongKeys] = [limiters.prompt(CALLS), limiters.prompt(WRONG_KEYS)];
  return {
    called: (key, response) => spend(calls, key, response),
    async mayTry(request, response) {
      const counted = await wrongKeys.get(networkOf(request.ip ?? ''));
      if (counted && counted.remainingPoints <= 0) throw refusal(counted, response);
    },
    async wrong(request) {
      await wrongKeys.consume(networkOf(request.ip ?? '')).catch((refused: unknown) => {
        if (!(refused instanceof RateLimiterRes)) throw refused;
      });
    },
  };
}
