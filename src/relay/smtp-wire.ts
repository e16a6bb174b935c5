import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { SmtpFault } from './smtp-fault.js';
import { createReplyReader, type Reply } from './smtp-reply.js';

/** One connection in lock-step: a command, then its reply. Bytes that come out of turn make it unusable. */
export type Wire = Readonly<{
  /** @param timeout milliseconds. @throws SmtpFault */
  readReply(timeout: number): Promise<Reply>;
  /** Sends one line (without CRLF, latin1) and waits for its reply. @throws SmtpFault */
  command(line: string, timeout: number): Promise<Reply>;
  /** Sends bytes as they are and waits for the reply. @throws SmtpFault */
  say(bytes: Buffer | string, timeout: number): Promise<Reply>;
  /** A reply that came before its time, if one did. @throws SmtpFault when the connection is broken */
  early(): Reply | undefined;
  /** Writes content; resolves when there is room for more. @returns a reply that came before its time, if one did */
  write(chunk: Buffer, timeout: number): Promise<Reply | undefined>;
  startTls(options: ConnectionOptions, timeout: number): Promise<void>;
  isUsable(): boolean;
  isEncrypted(): boolean;
  /** Calls back once when the idle connection breaks or says something unasked. */
  onBroken(listener: () => void): void;
  /** Says QUIT and closes without waiting for the answer. */
  quit(): void;
  destroy(): void;
}>;

function waitFor(socket: Socket, event: 'connect' | 'secureConnect', timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(new SmtpFault('timeout', 'upstream did not answer in time')),
      timeout,
    );
    function settle() {
      clearTimeout(timer);
      socket.off('error', onError).off('close', onClose);
    }
    function fail(fault: SmtpFault) {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(fault);
    }
    const kind = event === 'connect' ? 'lost' : 'tls';
    const onError = (error: Error) => fail(new SmtpFault(kind, error.message));
    const onClose = () => fail(new SmtpFault(kind, 'upstream closed the connection'));
    socket.once('error', onError).once('close', onClose);
    socket.once(event, () => {
      settle();
      resolve();
    });
  });
}

export type WireAddress = Readonly<{ host: string; port: number; tls?: ConnectionOptions }>;

/** Opens a connection; with `tls`, encrypted from the first byte. @throws SmtpFault */
export async function openWire(address: WireAddress, timeout: number): Promise<Wire> {
  const { host, port, tls } = address;
  const socket = tls ? connectTls({ ...tls, host, port }) : connectTcp({ host, port });
  socket.setNoDelay(true);
  await waitFor(socket, tls ? 'secureConnect' : 'connect', timeout);
  return createWire(socket, tls !== undefined);
}

/**
 * Waits one after the other, with a timer that outlasts each: a connection waits five times a message, and hardly ever
 * in vain.
 */
function createPatience(onLate: () => void) {
  let deadline: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rings = 0;

  function ring(at: number): void {
    clearTimeout(timer);
    rings = at;
    timer = setTimeout(look, Math.max(1, at - performance.now()));
    // The socket that is waited for keeps the process.
    timer.unref();
  }
  function look(): void {
    timer = undefined;
    if (deadline === undefined) return;
    if (performance.now() < deadline) ring(deadline);
    else onLate();
  }
  return {
    /** @param timeout milliseconds from now */
    begin(timeout: number): void {
      deadline = performance.now() + timeout;
      if (!timer || rings > deadline) ring(deadline);
    },
    end(): void {
      deadline = undefined;
    },
    stop(): void {
      deadline = undefined;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function createWire(first: Socket, encryptedFromStart: boolean): Wire {
  let socket = first;
  let encrypted = encryptedFromStart;
  let reader = createReplyReader();
  let fault: SmtpFault | undefined;
  let wake: (() => void) | undefined;
  let broken: (() => void) | undefined;
  const replies: Reply[] = [];

  const patience = createPatience(() => fail(new SmtpFault('timeout', 'upstream did not answer in time')));
  function fail(next: SmtpFault): void {
    fault ??= next;
    patience.stop();
    socket.destroy();
    notify();
  }
  function notify(): void {
    if (wake) wake();
    else broken?.();
  }
  function onData(chunk: Buffer): void {
    try {
      replies.push(...reader.push(chunk));
    } catch (error) {
      fail(error as SmtpFault);
      return;
    }
    if (replies.length > 0) notify();
  }
  function listen(): void {
    socket.on('data', onData);
    socket.on('error', (error: Error) => fail(new SmtpFault('lost', error.message)));
    socket.on('end', () => fail(new SmtpFault('lost', 'upstream closed the connection')));
    socket.on('close', () => fail(new SmtpFault('lost', 'upstream closed the connection')));
  }

  /** Waits until `isDone`, a fault, or the time is up. */
  async function until(isDone: () => boolean, timeout: number, subscribe: (wakeUp: () => void) => void) {
    if (isDone() || fault) return;
    await new Promise<void>((resolve) => {
      patience.begin(timeout);
      wake = () => {
        if (!isDone() && !fault) return;
        wake = undefined;
        patience.end();
        resolve();
      };
      subscribe(wake);
    });
  }

  async function readReply(timeout: number): Promise<Reply> {
    await until(
      () => replies.length > 0,
      timeout,
      () => {},
    );
    const answer = replies.shift();
    if (answer) return answer;
    throw fault!;
  }

  async function say(bytes: Buffer | string, timeout: number): Promise<Reply> {
    if (!fault && (replies.length > 0 || reader.isInside())) {
      fail(new SmtpFault('lost', 'upstream spoke out of turn'));
    }
    if (fault) throw fault;
    socket.write(bytes, 'latin1');
    return readReply(timeout);
  }

  listen();
  return {
    readReply,
    command(line, timeout) {
      if (/[\r\n\0]/.test(line)) throw new SmtpFault('protocol', 'a command with a line end inside');
      return say(`${line}\r\n`, timeout);
    },
    say,
    early() {
      if (fault) throw fault;
      return replies.shift();
    },
    async write(chunk, timeout) {
      if (fault) throw fault;
      if (replies.length > 0) return replies.shift();
      if (socket.write(chunk)) return undefined;
      await until(
        () => replies.length > 0 || !socket.writableNeedDrain,
        timeout,
        (wakeUp) => socket.once('drain', wakeUp),
      );
      if (replies.length > 0) return replies.shift();
      if (fault) throw fault;
      return undefined;
    },
    async startTls(options, timeout) {
      // Bytes that came before the handshake were not protected by it (CVE-2011-0411).
      if (replies.length > 0 || reader.isInside())
        throw new SmtpFault('protocol', 'bytes before the TLS handshake');
      socket.removeAllListeners();
      const secure = connectTls({ ...options, socket });
      await waitFor(secure, 'secureConnect', timeout);
      socket = secure;
      encrypted = true;
      reader = createReplyReader();
      listen();
    },
    isUsable: () => !fault && replies.length === 0 && !reader.isInside(),
    isEncrypted: () => encrypted,
    onBroken(listener) {
      broken = listener;
    },
    quit() {
      broken = undefined;
      if (!fault) socket.end('QUIT\r\n');
      socket.setTimeout(1_000, () => socket.destroy());
    },
    destroy() {
      broken = undefined;
      fail(new SmtpFault('lost', 'given up'));
    },
  };
}
