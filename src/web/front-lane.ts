import { type IncomingHttpHeaders, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** What a front handler reads of a request; node:http's is one. */
export type FrontRequest = Readonly<{
  method?: string;
  url?: string;
  headers: IncomingHttpHeaders;
  socket: Readonly<{ remoteAddress?: string }>;
}>;

/** What a front handler answers with; node:http's is one. `end` is called once, after `writeHead`. */
export interface FrontResponse {
  /** @param fields names and values in turn, with `Content-Length` */
  writeHead(status: number, fields: string[]): unknown;
  end(body?: Buffer): unknown;
}

/** Takes a request and returns true, or returns false and leaves it alone. Runs before Express. */
export type FrontHandler = (request: FrontRequest, response: FrontResponse) => boolean;

type PlainRequest = Readonly<{ method: 'GET'; url: string; headers: IncomingHttpHeaders }>;

/** Bytes; longer requests are node:http's. */
const LONGEST = 8_192;
const BLANK_LINE = '\r\n\r\n';
/** RFC 9112 §3 in origin form. */
const REQUEST_LINE = /^GET (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
/** RFC 9110 §5.5, without blanks around it. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** Fields that say where a request ends or what becomes of the connection. */
const NOT_PLAIN = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'expect',
  'proxy-connection',
]);

/**
 * Reads a request of the plainest form: a whole GET without a body and nothing after it, each field once, one host, on a
 * connection that stays.
 * @param text the bytes as latin1, as node:http gives fields
 * @returns undefined for every other, whether it is in order or not
 */
export function readPlainRequest(text: string): PlainRequest | undefined {
  const end = text.length - 2;
  if (text.indexOf(BLANK_LINE) !== end - 2) return undefined;
  let at = text.indexOf('\r\n');
  const url = REQUEST_LINE.exec(text.slice(0, at))?.[1];
  if (url === undefined) return undefined;
  const headers: IncomingHttpHeaders = Object.create(null);
  for (at += 2; at < end; ) {
    const next = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon > next) return undefined;
    const name = text.slice(at, colon);
    const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, next);
    if (!TOKEN.test(name) || !VALUE.test(value)) return undefined;
    const key = name.toLowerCase();
    if (key in headers || NOT_PLAIN.has(key)) return undefined;
    if (key === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined;
    headers[key] = value;
    at = next + 2;
  }
  return headers.host ? { method: 'GET', url, headers } : undefined;
}

let second = 0;
let date = '';

/** The `Date` field's value (RFC 9110 §6.6.1), worked out once a second. */
function dateNow(): string {
  const now = Math.floor(Date.now() / 1_000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1_000).toUTCString();
  }
  return date;
}

function headOf(status: number, fields: readonly string[], connection: string): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1]!;
    if (!VALUE.test(value)) throw new TypeError(`invalid character in the field ${fields[at]}`);
    head += `${fields[at]}: ${value}\r\n`;
  }
  return `${head}Date: ${dateNow()}\r\n${connection}\r\n`;
}

type Lane = Readonly<{
  front: readonly FrontHandler[];
  /** Milliseconds that a kept connection waits for its next request. */
  idleFor: number;
  /** Milliseconds that a new connection waits for its first. */
  firstWithin: number;
  /** Gives the connection to node:http. */
  handOver(socket: Socket): void;
  open: Set<PlainConnection>;
  kept: string;
  closing: boolean;
}>;

/** One connection for as long as it carries plain requests that a front handler takes, one after the other. */
class PlainConnection implements FrontResponse {
  private busy = false;
  private ended = false;
  private head = '';
  private readonly early: Buffer[] = [];
  private readonly onData = (chunk: Buffer) => this.take(chunk);
  private readonly onEnd = () => this.finish();
  private readonly onTimeout = () => {
    if (!this.busy) this.socket.destroy();
  };
  private readonly onError = () => void this.socket.destroy();
  private readonly onClose = () => void this.lane.open.delete(this);

  constructor(
    private readonly lane: Lane,
    private readonly socket: Socket,
  ) {
    lane.open.add(this);
    socket.setTimeout(lane.firstWithin);
    socket.on('data', this.onData).on('end', this.onEnd).on('timeout', this.onTimeout);
    socket.on('error', this.onError).on('close', this.onClose);
  }

  closeIfIdle(): void {
    if (!this.busy) this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    if (this.busy) {
      // A request behind one that is not answered yet: node:http takes both turns from then on.
      this.early.push(chunk);
      this.socket.pause();
      return;
    }
    const plain = chunk.length <= LONGEST ? readPlainRequest(chunk.toString('latin1')) : undefined;
    if (plain) {
      this.busy = true;
      const request = { ...plain, socket: this.socket };
      for (const handle of this.lane.front) if (handle(request, this)) return;
      this.busy = false;
    }
    this.leave(chunk);
  }

  private finish(): void {
    this.ended = true;
    if (!this.busy) this.socket.end();
  }

  private leave(chunk: Buffer): void {
    const { socket, lane } = this;
    socket.off('data', this.onData).off('end', this.onEnd).off('timeout', this.onTimeout);
    socket.off('error', this.onError).off('close', this.onClose);
    lane.open.delete(this);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(chunk);
    lane.handOver(socket);
    socket.resume();
  }

  writeHead(status: number, fields: string[]): void {
    this.head = headOf(status, fields, this.lane.closing ? 'Connection: close\r\n' : this.lane.kept);
  }

  end(body?: Buffer): void {
    const { socket, lane } = this;
    this.busy = false;
    if (socket.destroyed) return;
    socket.write(body === undefined ? this.head : this.head + body.toString('latin1'), 'latin1');
    if (this.ended || lane.closing) socket.end();
    else if (this.early.length > 0) this.leave(Buffer.concat(this.early));
    else if (socket.timeout !== lane.idleFor) socket.setTimeout(lane.idleFor);
  }
}

/**
 * Puts a lane in front of a server that is not listening yet: plain requests that a front handler takes are read and
 * answered without node:http, which costs a redirect more than everything that we do for it
 * (docs/decisions/0015-redirect-speed.md). Whatever is not plain, or not taken, goes to node:http as it came, with its
 * connection, for good.
 * @returns `retire` ends each connection with its next answer; `close` also those that are idle, at once
 */
export function openFrontLane(
  server: Server,
  front: readonly FrontHandler[],
): { retire(): void; close(): void } {
  const ordinary = server.listeners('connection');
  server.removeAllListeners('connection');
  const lane = {
    front,
    idleFor: server.keepAliveTimeout,
    firstWithin: server.headersTimeout,
    handOver: (socket: Socket) => {
      for (const listener of ordinary) listener.call(server, socket);
    },
    open: new Set<PlainConnection>(),
    kept: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(server.keepAliveTimeout / 1_000)}\r\n`,
    closing: false,
  };
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    new PlainConnection(lane, socket);
  });
  const retire = () => {
    lane.closing = true;
  };
  return {
    retire,
    close() {
      retire();
      for (const connection of lane.open) connection.closeIfIdle();
    },
  };
}
