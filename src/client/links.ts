import { createSharedStatement } from '../db/batch.js';
import { DeadlineError, withinDeadline } from '../deadline.js';
import { type BlockWording, type LabelExclusions, wordingProblems } from '../relay/block-wording.js';

/** Where Career Relay is and how long a mail may wait for it. */
export type CareerRelayOptions = Readonly<{
  /** Its public URL, such as `https://relay.example.jp`. */
  baseUrl: string;
  /** An API key of your company with the scope `links`. */
  apiKey: string;
  /** Milliseconds that a mail waits for its link; then it goes out without. 2,000 where nothing is said. */
  timeout?: number;
  /** Which mails get a link, as the company's policy says it; `auto` where nothing is said. */
  policy?: 'explicit' | 'auto' | 'all';
  /** Your company's permanent URL (`https://…/c/<slug>`), for placeholders in mails to several people. */
  staticUrl?: string;
  /** What else links of yours begin with, such as your own link host. */
  linkBaseUrls?: readonly string[];
  /** The placement agency, named in the block beside the link. */
  agency?: Readonly<{ name?: string; licence?: string }>;
  /** Your own words above and below the link, by the mail's language; as chosen on the dashboard, checked by the same rules. */
  wording?: BlockWording;
  /** Labels of jobs and stages whose mails get no link. */
  exclusions?: Readonly<{ jobs?: readonly string[]; stages?: readonly string[] }>;
  /** Called for each mail that goes out as it came, with the reason, and the error where there was one. */
  onUntouched?: (reason: string, error?: unknown) => void;
}>;

/** What a link is minted for. */
export type WantedLink = Readonly<{
  recipient: string;
  job?: string;
  stage?: string;
  source?: string;
  externalId?: string;
}>;

export type Minting = (wanted: WantedLink) => Promise<string>;

const TIMEOUT = 2_000;
/** The most that one call takes. */
const MOST_LINKS = 1_000;

/** Stands for a link while it is not minted yet: as long as one, and of its letters. */
export const UNMINTED = '2222222222';

/** The address that links begin with, where nothing else is set. */
export function linkBaseOf({ baseUrl }: CareerRelayOptions): string {
  return `${baseUrl.replace(/\/+$/, '')}/r`;
}

/**
 * Mints links by `POST /v1/links/batch`; mails that are sent at the same time share a call.
 * @returns the URL of a link; rejects when it is refused, or there is no answer in time
 */
export function createMinting(options: CareerRelayOptions): Minting {
  assertWording(options);
  const timeout = options.timeout ?? TIMEOUT;
  const mint = createSharedStatement((links: readonly WantedLink[]) => call(options, links, timeout), {
    inFlight: 4,
    size: MOST_LINKS,
    patience: () => timeout,
  });
  return (wanted) => withinDeadline(mint(wanted), timeout);
}

/** @throws TypeError that names the field: a fault of the set-up, told before any mail is sent */
function assertWording({ wording = {} }: CareerRelayOptions): void {
  const [problem] = wordingProblems(wording);
  if (problem) throw new TypeError(`${problem.field}: ${problem.fault}`);
}

/** The jobs and stages left out, as the rules take them. */
export function exclusionsOf({ exclusions }: CareerRelayOptions): LabelExclusions {
  return { jobs: exclusions?.jobs ?? [], stages: exclusions?.stages ?? [] };
}

/** @throws DeadlineError where Career Relay is away; Error where it refuses, so that each is asked for by itself */
async function call(
  { baseUrl, apiKey }: CareerRelayOptions,
  links: readonly WantedLink[],
  timeout: number,
): Promise<string[]> {
  let answer: Response;
  try {
    answer = await fetch(`${baseUrl.replace(/\/+$/, '')}/v1/links/batch`, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ links }),
      signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new DeadlineError();
  }
  if (answer.status !== 400 && answer.status !== 201) throw new DeadlineError();
  if (answer.status === 400) throw new Error('Career Relay refused what a link was to be minted for');
  const { links: minted } = (await answer.json()) as { links: { url: string }[] };
  if (minted.length !== links.length) throw new Error('Career Relay answered with another number of links');
  return minted.map(({ url }) => url);
}
