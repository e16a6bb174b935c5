import type { Deps } from '../deps.js';
import { isInNetwork } from '../network.js';
import { type Claims, claimedAddress, claimOf } from './peer-claims.js';
import type { Sender } from './relay-job.js';
import type { Secrets } from './sasl.js';
import type { NetworkSignIn, SenderLookup } from './sender-lookup.js';
import type { SignIn } from './sign-in.js';
import type { ConnectionCount } from './smtp-limits.js';
import { type Reply, reply } from './smtp-reply.js';

/** How a connection came. With `isProxy` a trusted proxy speaks for itself, and no network vouches for it. */
export type ConnectionOrigin = Readonly<{ address: string; isProxy: boolean }>;

export type IdentityParts = Readonly<{
  deps: Deps;
  connections: Pick<ConnectionCount, 'takeCredential'>;
  signIn(username: string, password: string, address: string): Promise<SignIn>;
  senders: Readonly<{
    byAddress(address: string): Promise<NetworkSignIn>;
    byName(username: string): Promise<SenderLookup>;
  }>;
}>;

const SIGNED_IN = reply(235, '2.7.0 Authentication successful');
const CROWDED = reply(421, '4.7.0 Too many connections with this credential, try again later');
const UNAVAILABLE = reply(454, '4.7.0 Temporary authentication failure');

/** Who a client is: by AUTH, by what a trusted peer says of it, else by the network that it stands in. */
export class SmtpIdentity {
  private address: string;
  /** Whether the address is not the client's own: a proxy speaks for itself, or does not know whom for. */
  private isNameless: boolean;
  private signedIn: Sender | undefined;
  private leaveCredential = () => {};

  constructor(
    private readonly parts: IdentityParts,
    private readonly origin: ConnectionOrigin,
  ) {
    this.address = origin.address;
    this.isNameless = origin.isProxy;
  }

  isSignedIn(): boolean {
    return this.signedIn !== undefined;
  }
  /** Nobody is signed in any more, and the credential has its place back. */
  forget(): void {
    this.signedIn = undefined;
    this.leaveCredential();
  }

  /** @returns what AUTH is answered */
  async signIn({ username, password }: Secrets): Promise<Reply> {
    const result = await this.parts.signIn(username, password, this.address);
    if (result.kind === 'accepted') return this.become(result.credential) ? SIGNED_IN : CROWDED;
    this.parts.deps.events.smtpRefused(`sign-in-${result.kind}`);
    switch (result.kind) {
      case 'wrong':
        return reply(535, '5.7.8 Authentication credentials invalid');
      case 'limited':
        return reply(454, '4.7.0 Too many failed attempts, try again later');
      case 'unavailable':
        return UNAVAILABLE;
    }
  }
  /** @returns false when the credential has as many connections as it may */
  private become(sender: Sender): boolean {
    this.leaveCredential();
    const place = this.parts.connections.takeCredential(sender.id);
    if (!place) {
      this.parts.deps.events.smtpRefused('connections-credential', { company: sender.companyId });
      return false;
    }
    this.leaveCredential = place;
    this.signedIn = sender;
    return true;
  }

  /** Becomes the client that a trusted peer speaks for. @returns the refusal, if there is one: nothing has changed then */
  async speakFor(claims: Claims): Promise<Reply | undefined> {
    const login = claimOf(claims, 'LOGIN');
    const found = login === undefined ? undefined : await this.parts.senders.byName(login);
    if (found && found.kind !== 'accepted') {
      this.parts.deps.events.smtpRefused(`xclient-${found.kind}`);
      if (found.kind === 'unavailable') return UNAVAILABLE;
      return reply(535, '5.7.8 LOGIN names no credential that is in force');
    }
    if (claims.has('ADDR')) {
      const address = claimedAddress(claims);
      this.isNameless = address === undefined;
      this.address = address ?? this.origin.address;
    }
    // One connection of a trusted peer carries many clients: it takes no credential's place.
    this.leaveCredential();
    this.signedIn = found?.sender;
    return undefined;
  }

  /** Whose mail it is, or the refusal where nobody answers for it. */
  async sender(): Promise<Sender | Reply> {
    if (this.signedIn) return this.signedIn;
    const found: NetworkSignIn = this.isNameless
      ? { kind: 'stranger' }
      : await this.parts.senders.byAddress(this.address);
    switch (found.kind) {
      case 'accepted':
        return found.sender;
      case 'stranger':
        return reply(530, '5.7.0 Authentication required');
      case 'not-in-force':
        // For now, not for good: the client's server keeps its mail until somebody has seen to the setting.
        this.parts.deps.events.smtpRefused('network-credential-not-in-force');
        return reply(454, '4.7.0 The credential that this network is listed with is not in force');
      case 'unavailable':
        return UNAVAILABLE;
    }
  }
}

/** By the address of the connection, or of the PROXY header: what XCLIENT says makes nobody trusted. */
export function isTrustedPeer({ deps }: Pick<IdentityParts, 'deps'>, address: string): boolean {
  return deps.config.smtp.trustedPeers.some((network) => isInNetwork(address, network));
}
