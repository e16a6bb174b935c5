import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { isInNetwork } from '../network.js';
import type { ConnectionOrigin } from './guarded-connection.js';
import { readProxyHeader } from './proxy-protocol.js';
import { type ConnectionParts, RelayConnection } from './smtp-connection.js';
import { reply, replyBytes } from './smtp-reply.js';

/** The library makes one where there is none. */
const NO_ID = '';

/** The SMTP server's side of the library, with connections and a PROXY protocol of our own. */
export class RelayServer extends SMTPServer {
  constructor(
    options: SMTPServerOptions,
    private readonly parts: ConnectionParts,
  ) {
    super(options);
  }

  override connect(socket: Socket | TLSSocket, origin?: ConnectionOrigin | null): void {
    const connection = new RelayConnection(this, socket, origin ?? {}, this.parts);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }

  /** True also makes the library watch over the socket until it becomes a connection. */
  override _expectsProxyHeader(): boolean {
    return this.parts.deps.config.smtp.proxyProtocol;
  }

  override _handleProxy(
    socket: Socket,
    callback: (error: Error | null, origin?: ConnectionOrigin & { id: string }) => void,
  ): void {
    const { deps, limits } = this.parts;
    const { proxyProtocol, trustedPeers } = deps.config.smtp;
    if (!proxyProtocol) {
      callback(null, { id: NO_ID });
      return;
    }
    const refuse = (why: string) => {
      deps.events.smtpRefused(why);
      socket.on('error', () => {});
      if (!this.options.secure) socket.write(replyBytes(reply(554, '5.7.1 Not for direct connections')));
      socket.destroySoon();
      callback(new Error(why));
    };
    const peer = socket.remoteAddress ?? '';
    if (!trustedPeers.some((network) => isInNetwork(peer, network))) {
      refuse('proxy-from-stranger');
      return;
    }
    readProxyHeader(socket, limits.proxyHeader).then(
      (client) =>
        callback(
          null,
          client
            ? { id: NO_ID, remoteAddress: client.address, remotePort: client.port }
            : { id: NO_ID, isProxy: true },
        ),
      () => refuse('proxy-header'),
    );
  }
}
