import type { Deps } from '../deps.js';
import { networkOf } from '../network.js';
import type { FrontHandler, FrontRequest, FrontResponse } from '../web/front-lane.js';
import { localeOf } from '../web/page.js';
import { CONTENT_SECURITY_POLICY } from '../web/server.js';
import { createAddressReader } from './address.js';
import type { AsnLookup } from './asn-lookup.js';
import type { Answer, Clicks } from './click.js';
import { createGuessWatch, type SharedGuesses } from './guessing.js';
import { createIdSource } from './ids.js';
import { Lru } from './lru.js';
import { type NetworkKind, networkKindOf } from './networks.js';
import { createTargetReader } from './request.js';
import { unknownLinkPage } from './unknown-page.js';
import { type AgentFacts, classifyVisitor, isPlain, readAgent, type Visitor } from './visitor.js';
import { createVisitorHash } from './visitor-hash.js';

/** Agent strings remembered with what they say; the common ones are a few hundred. */
const AGENTS = 1_000;

/** `plainGets`: one object for all requests that are alike, by their network; the store sends it once a batch. */
const UNKNOWN: Answer = { kind: 'unknown' };

type KnownAgent = Readonly<{ facts: AgentFacts; plainGets: Map<NetworkKind | null, Visitor> }>;

/**
 * The HTTP edge of the click path, in front of Express: takes requests for links and leaves every other alone.
 * Nothing that the visitor sends reaches the destination.
 */
export function createRedirect(
  deps: Pick<Deps, 'config' | 'clock' | 'randomBytes' | 'keys' | 'events'>,
  clicks: Clicks,
  asnOf: AsnLookup = () => null,
  sharedGuesses?: SharedGuesses,
): FrontHandler {
  const readTarget = createTargetReader(deps.config.linkBaseUrl, deps.config.baseUrl);
  const reader = createAddressReader(deps.config.trustProxy);
  const hashVisitor = createVisitorHash(deps.keys);
  const newId = createIdSource(deps.randomBytes);
  const guesses = createGuessWatch(deps.events.guessing, sharedGuesses);
  const agents = new Lru<string, KnownAgent>(AGENTS);

  function agentOf(agentString: string): KnownAgent {
    let known = agents.get(agentString);
    if (!known) {
      known = { facts: readAgent(agentString), plainGets: new Map() };
      agents.set(agentString, known);
    }
    return known;
  }

  function visitorOf(
    method: 'GET' | 'HEAD',
    headers: FrontRequest['headers'],
    network: NetworkKind | null,
  ): Visitor {
    const { facts, plainGets } = agentOf(headers['user-agent'] ?? '');
    if (!isPlain(method, headers)) return classifyVisitor(method, headers, facts, network);
    let visitor = plainGets.get(network);
    if (!visitor) {
      visitor = classifyVisitor('GET', {}, facts, network);
      plainGets.set(network, visitor);
    }
    return visitor;
  }

  return (request, response) => {
    const asked = readTarget(request.url ?? '/', () => reader.host(request));
    if (asked.kind === 'not_ours') return false;
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return refuseMethod(response);
    const now = deps.clock().getTime();
    const address = reader.address(request);
    const finish = (answer: Answer): true => {
      if (answer.kind === 'unknown') guesses.missed(networkOf(address), now);
      return answerWith(request, response, clicks.front, answer);
    };
    if (asked.kind === 'no_link') return finish(UNKNOWN);
    // Who guesses learns nothing more, not even by a code that exists; everybody else is looked up as ever.
    if (!guesses.idle && guesses.isBlocked(networkOf(address), now)) return finish(UNKNOWN);
    const asn = asnOf(address);
    const visitor = visitorOf(method, request.headers, networkKindOf(asn));
    clicks.follow(
      {
        id: newId(now),
        by: asked.by,
        key: asked.key,
        labels: asked.labels,
        host: asked.by === 'host' ? reader.host(request) : '',
        at: now,
        visitor,
        visitorHash: visitor.traceable ? hashVisitor(address, now) : '',
        asn: visitor.traceable ? asn : null,
      },
      finish,
    );
    return true;
  };
}

/** RFC 9110 §15.5.6: a 405 names the methods that are allowed. */
function refuseMethod(response: FrontResponse): true {
  response.writeHead(405, ['Allow', 'GET, HEAD', 'Content-Length', '0']);
  response.end();
  return true;
}

/**
 * 302 and `no-store`, since a cached redirect is a click that is never seen again. `no-referrer` keeps the code, which
 * names the candidate, from the destination's logs; it is in the destination's address where that is wanted.
 */
function answerWith(request: FrontRequest, response: FrontResponse, front: string, answer: Answer): true {
  if (answer.kind === 'unknown') return answerUnknown(request, response, front);
  response.writeHead(302, [
    'Location',
    answer.location,
    'Cache-Control',
    'no-store',
    'Referrer-Policy',
    'no-referrer',
    'X-Robots-Tag',
    'noindex',
    'Content-Length',
    '0',
  ]);
  response.end();
  return true;
}

function answerUnknown(request: FrontRequest, response: FrontResponse, front: string): true {
  const locale = localeOf(undefined, request.headers['accept-language']);
  const body = Buffer.from(unknownLinkPage(locale, front));
  const fields = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(body.length),
    'Content-Language': 'ja, en',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Robots-Tag': 'noindex',
    Vary: 'Accept-Language',
  };
  response.writeHead(404, Object.entries(fields).flat());
  response.end(request.method === 'HEAD' ? undefined : body);
  return true;
}
