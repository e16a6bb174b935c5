import { z } from 'zod';
import { isSameNetwork, type Network, parseNetwork } from './network.js';

/** Clients of this network need no AUTH: they send as the SMTP credential of this user name. */
export type NetworkSender = Readonly<{ network: Network; username: string }>;

function readNetworkSender(entry: string, fault: (message: string) => void): NetworkSender | undefined {
  const [cidr = '', username = '', ...rest] = entry.split('=').map((part) => part.trim());
  if (username === '' || rest.length > 0 || /[\s\0-\x1f]/.test(username)) {
    fault(`${JSON.stringify(entry)} is not CIDR=USERNAME`);
    return undefined;
  }
  const parsed = parseNetwork(cidr);
  if (parsed.kind === 'network') return { network: parsed.network, username };
  fault(parsed.fault);
  return undefined;
}

function entriesOf(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** `192.0.2.0/24=relay-abc,2001:db8::/48=relay-def`; every entry that is not so is a fault of its own. */
export const networkSenders = z.string().transform((value, context): readonly NetworkSender[] => {
  const fault = (message: string) => context.addIssue({ code: 'custom', message });
  const senders: NetworkSender[] = [];
  for (const entry of entriesOf(value)) {
    const sender = readNetworkSender(entry, fault);
    if (!sender) continue;
    if (senders.some(({ network }) => isSameNetwork(network, sender.network))) {
      fault(`${JSON.stringify(entry)} names a network twice`);
    } else senders.push(sender);
  }
  return senders;
});
