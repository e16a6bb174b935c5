import { isbot } from 'isbot';
import UAParser from 'ua-parser-js';
import type { NetworkKind } from './networks.js';

/** Stored with every click, so that totals can be computed again when the rules improve. */
export const RULES_VERSION = 2;

export type VisitorClass = 'human' | 'suspected' | 'scanner' | 'bot' | 'prefetch';

/**
 * Which rule decided. `privacy_signal` stands alone: whoever asks not to be tracked leaves no other trace.
 * The last three are seen only in hindsight.
 */
export type Cue =
  | 'head_probe'
  | 'prefetch_header'
  | 'agent_empty'
  | 'link_preview'
  | 'agent_bot'
  | 'network_mail_security'
  | 'network_web_gateway'
  | 'network_cloud'
  | 'agent_browser'
  | 'privacy_signal'
  | 'soon_after_sending'
  | 'many_links'
  | 'later_post';

/** The header fields that the rules read; names in lower case, as node:http gives them. */
export type VisitorHeaders = Readonly<{
  'user-agent'?: string;
  'sec-purpose'?: string | string[];
  purpose?: string | string[];
  'x-purpose'?: string | string[];
  'x-moz'?: string | string[];
  dnt?: string | string[];
  'sec-gpc'?: string | string[];
}>;

/** What an agent string says of the visitor; null where it says nothing. */
export type Device = Readonly<{
  browser: string | null;
  os: string | null;
  /** `desktop`, or the parser's word: `mobile`, `tablet`, `smarttv`, `wearable`, … */
  device: string | null;
}>;

export type Visitor = Device &
  Readonly<{
    visitorClass: VisitorClass;
    cue: Cue;
    method: 'GET' | 'HEAD';
    /** The agent string, at most AGENT_LIMIT characters. */
    agent: string | null;
    /** Whether a header announced a prefetch. */
    prefetch: boolean;
    /** False when the visitor asks not to be tracked: class and time are kept and nothing else. */
    traceable: boolean;
  }>;

/** Longer agent strings tell nothing more and are cut. */
export const AGENT_LIMIT = 512;

/**
 * Programs that fetch a link because it stands in a chat, before anybody opens it. LINE says `line-poker`, Teams
 * `SkypeUriPreview`; iMessage calls itself Facebook's and Twitter's bot on a Macintosh.
 */
const LINK_PREVIEW =
  /line-poker|facebookexternalhit|facebot|slackbot|slack-imgproxy|skypeuripreview|teamsbot|discordbot|^whatsapp\/|telegrambot|twitterbot|linkedinbot|viber|kakaotalk-scrap|mattermost-bot|google-pagerenderer|chatwork linkpreview/i;

const PREFETCH = /prefetch|prerender|preview|instant/i;

/** What the agent string alone decides; the part that is worth keeping for the next visitor with the same. */
export type AgentFacts = Readonly<{
  agent: string;
  device: Device;
  visitorClass: VisitorClass;
  cue: Cue;
}>;

/** Reads an agent string. Pure, and slow (tens of microseconds): callers keep the result. */
export function readAgent(agentString: string): AgentFacts {
  const agent = agentString.slice(0, AGENT_LIMIT);
  const parsed = new UAParser(agent).getResult();
  const device: Device = {
    browser: parsed.browser.name ?? null,
    os: parsed.os.name ?? null,
    device: parsed.device.type ?? (parsed.os.name ? 'desktop' : null),
  };
  return { agent, device, ...classOfAgent(agent) };
}

/** The class that an agent string alone gives. */
export function classOfAgent(agent: string): Readonly<{ visitorClass: VisitorClass; cue: Cue }> {
  if (agent.trim() === '') return { visitorClass: 'bot', cue: 'agent_empty' };
  if (LINK_PREVIEW.test(agent)) return { visitorClass: 'prefetch', cue: 'link_preview' };
  if (isbot(agent)) return { visitorClass: 'bot', cue: 'agent_bot' };
  return { visitorClass: 'human', cue: 'agent_browser' };
}

/** Whether the agent string alone decides: no header says more than it. */
export function isPlain(method: 'GET' | 'HEAD', headers: VisitorHeaders): boolean {
  return method === 'GET' && !announcesPrefetch(headers) && !asksForPrivacy(headers);
}

function announcesPrefetch(headers: VisitorHeaders): boolean {
  const said = headers['sec-purpose'] ?? headers.purpose ?? headers['x-purpose'] ?? headers['x-moz'];
  return said !== undefined && PREFETCH.test(String(said));
}

/** `DNT: 1` or `Sec-GPC: 1` (Global Privacy Control): the visitor asks not to be tracked. */
function asksForPrivacy(headers: VisitorHeaders): boolean {
  return headers.dnt === '1' || headers['sec-gpc'] === '1';
}

/** What the rules read of a request. */
export type RequestFacts = Readonly<{
  method: 'GET' | 'HEAD';
  /** Whether a header announced a prefetch. */
  prefetch: boolean;
  agent: Pick<AgentFacts, 'visitorClass' | 'cue'>;
  network: NetworkKind | null;
}>;

/**
 * Who follows a link, by the first rule that applies:
 * a HEAD request is a scanner's probe, whatever its agent says (gateways probe with browsers' agents); a request that
 * announces itself as a prefetch is one; no agent is no human; a chat's link preview is a prefetch; a known bot is a
 * bot; a browser in the network of a mail gateway is a scanner, in a web gateway's or a cloud's it is suspected;
 * everything else is a human. Time between mail and click is no rule of its own: it told scanners and people apart
 * badly.
 */
export function judgeRequest(facts: RequestFacts): Readonly<{ visitorClass: VisitorClass; cue: Cue }> {
  if (facts.method === 'HEAD') return { visitorClass: 'scanner', cue: 'head_probe' };
  if (facts.prefetch) return { visitorClass: 'prefetch', cue: 'prefetch_header' };
  const { visitorClass, cue } = facts.agent;
  if (visitorClass !== 'human') return { visitorClass, cue };
  switch (facts.network) {
    case 'mail_security':
      return { visitorClass: 'scanner', cue: 'network_mail_security' };
    case 'web_gateway':
      return { visitorClass: 'suspected', cue: 'network_web_gateway' };
    case 'cloud':
      return { visitorClass: 'suspected', cue: 'network_cloud' };
    case null:
      return { visitorClass, cue };
  }
}

/**
 * Judges a request and keeps what may be kept of it.
 * @param facts what `readAgent` made of the request's agent (`''` when it sends none)
 */
export function classifyVisitor(
  method: 'GET' | 'HEAD',
  headers: VisitorHeaders,
  facts: AgentFacts,
  network: NetworkKind | null = null,
): Visitor {
  const prefetch = announcesPrefetch(headers);
  const { visitorClass, cue } = judgeRequest({ method, prefetch, agent: facts, network });
  if (asksForPrivacy(headers)) {
    const nothing = { agent: null, browser: null, os: null, device: null, prefetch: false };
    return { ...nothing, visitorClass, cue: 'privacy_signal', method, traceable: false };
  }
  return {
    ...facts.device,
    agent: facts.agent || null,
    visitorClass,
    cue,
    method,
    prefetch,
    traceable: true,
  };
}
