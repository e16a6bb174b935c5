/** Whose network a request comes from, as far as it tells machines from people. */
export type NetworkKind = 'mail_security' | 'web_gateway' | 'cloud';

/**
 * AS numbers. Gateways that check mail carry machines alone; web gateways carry their check and the people behind them;
 * in clouds live scanners (Microsoft's Safe Links in 8075) and some people's VPNs and desktops.
 * Not listed, since people come by them: content networks that carry private relays, mobile and access networks.
 */
const NETWORKS: Readonly<Record<NetworkKind, readonly number[]>> = {
  mail_security: [
    ...[52129, 26211, 22843, 13916], // Proofpoint
    ...[30031, 42427, 39588, 60492, 136792, 397726, 37235], // Mimecast
    15324, // Barracuda
    ...[16417, 30238, 30215, 40427], // Cisco IronPort
    ...[16880, 132229], // Trend Micro
    ...[46484, 17330], // Trellix (FireEye)
    401943, // Hornetsecurity
  ],
  web_gateway: [
    ...[22616, 62044, 53813, 53444, 62907], // Zscaler
    36692, // Cisco Umbrella
    ...[54538, 2763, 64280, 396421], // Palo Alto Networks
    ...[44444, 13448, 43251, 42465], // Forcepoint
    ...[40934, 53928], // Fortinet
    58976, // Sophos
  ],
  cloud: [
    8075, // Microsoft
    ...[15169, 396982], // Google
    ...[16509, 14618], // Amazon
    31898, // Oracle
    14061, // DigitalOcean
    16276, // OVH
    63949, // Akamai's Linode
    20473, // Vultr
    24940, // Hetzner
    51167, // Contabo
    45102, // Alibaba
    132203, // Tencent
  ],
};

const KIND_OF = new Map<number, NetworkKind>();
for (const [kind, numbers] of Object.entries(NETWORKS) as [NetworkKind, readonly number[]][]) {
  for (const asn of numbers) KIND_OF.set(asn, kind);
}

/** @returns null for a network that says nothing, or that is not known */
export function networkKindOf(asn: number | null): NetworkKind | null {
  return asn === null ? null : (KIND_OF.get(asn) ?? null);
}
