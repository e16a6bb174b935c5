import { isIP, type Socket } from 'node:net';

/** Whom a proxy speaks for; without a source it speaks for itself (health checks). */
export type ProxiedClient = Readonly<{ address: string; port: number }>;

export type ProxyHeader =
  | Readonly<{ kind: 'incomplete' }>
  | Readonly<{ kind: 'malformed' }>
  | Readonly<{ kind: 'header'; length: number; client: ProxiedClient | undefined }>;

/** Of version 1 with its CRLF; the specification counts it out (§2.1). */
const LONGEST_V1 = 107;
/** Addresses take 36 octets of version 2; the rest is for its extensions (TLVs), which are not read. */
const LONGEST_V2 = 4_096;
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1 = /^PROXY (TCP4|TCP6) ([0-9a-f.:]{2,45}) ([0-9a-f.:]{2,45}) (\d{1,5}) (\d{1,5})$/i;
const MALFORMED: ProxyHeader = { kind: 'malformed' };
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_V1).indexOf('\r\n');
  if (end < 0) return bytes.length >= LONGEST_V1 ? MALFORMED : INCOMPLETE;
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN '))
    return { kind: 'header', length, client: undefined };
  const [, family, address = '', target = '', port] = V1.exec(line) ?? [];
  const version = family === 'TCP4' ? 4 : 6;
  if (isIP(address) !== version || isIP(target) !== version || Number(port) > 65_535) return MALFORMED;
  return { kind: 'header', length, client: { address, port: Number(port) } };
}

function readV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return INCOMPLETE;
  const [versionAndCommand, family] = [bytes[12]!, bytes[13]!];
  const length = 16 + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2 || (versionAndCommand & 0xf) > 1 || length > LONGEST_V2) return MALFORMED;
  if (bytes.length < length) return INCOMPLETE;
  // LOCAL, and families that have no addresses of ours: the proxy speaks for itself.
  if ((versionAndCommand & 0xf) === 0 || family === 0) return { kind: 'header', length, client: undefined };
  const body = bytes.subarray(16, length);
  if (family === 0x11 && body.length >= 12) {
    return {
      kind: 'header',
      length,
      client: { address: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) },
    };
  }
  if (family === 0x21 && body.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, group) => body.readUInt16BE(2 * group).toString(16));
    return { kind: 'header', length, client: { address: groups.join(':'), port: body.readUInt16BE(32) } };
  }
  return MALFORMED;
}

/** Reads the header that a connection starts with, version 1 or 2 (HAProxy, proxy-protocol.txt §2). */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  const isV2 = bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE.subarray(0, bytes.length));
  if (bytes.length > 0 && isV2) return readV2(bytes);
  const start = Buffer.from('PROXY ').subarray(0, bytes.length);
  return bytes.subarray(0, start.length).equals(start) ? readV1(bytes) : MALFORMED;
}

/**
 * Takes the header from a socket that nobody has read yet; what follows it stays to be read.
 * @param patience milliseconds
 * @throws Error when it is malformed, late, or the peer leaves
 */
export function readProxyHeader(socket: Socket, patience: number): Promise<ProxiedClient | undefined> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => fail('the PROXY header is late'), patience);
    function settle(): void {
      clearTimeout(timer);
      socket.off('readable', read).off('error', leave).off('close', leave).off('end', leave);
    }
    function fail(why: string): void {
      settle();
      reject(new Error(why));
    }
    const leave = () => fail('the peer left before its PROXY header');
    function read(): void {
      for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null) {
        bytes = Buffer.concat([bytes, chunk]);
        const header = parseProxyHeader(bytes);
        if (header.kind === 'incomplete') continue;
        if (header.kind === 'malformed') {
          fail('the PROXY header is malformed');
          return;
        }
        settle();
        const rest = bytes.subarray(header.length);
        if (rest.length > 0) socket.unshift(rest);
        resolve(header.client);
        return;
      }
    }
    socket.on('readable', read).on('error', leave).on('close', leave).on('end', leave);
    // Bytes that came before anybody listened.
    read();
  });
}
