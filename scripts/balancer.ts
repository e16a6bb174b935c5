import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Backend = Readonly<{
  port: number;
  /** Where its `/readyz` is served. */
  statusPort: number;
}>;

export type Balancer = Readonly<{
  port: number;
  /** Connections handed to each backend so far. */
  handed(): readonly number[];
  stop(): Promise<void>;
}>;

/** Milliseconds between looks at a backend. */
const LOOK_EVERY = 100;

function isReady({ statusPort }: Backend): Promise<boolean> {
  return fetch(`http://127.0.0.1:${statusPort}/readyz`, { headers: { connection: 'close' } }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function opened(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

/**
 * What HAProxy does in TCP mode, as far as a rolling restart needs it: each connection goes to the next backend that says
 * it is ready; one that cannot be connected to is passed over.
 */
export async function startBalancer(backends: readonly Backend[]): Promise<Balancer> {
  const up = backends.map(() => false);
  const handed = backends.map(() => 0);
  const open = new Set<Socket>();
  let turn = 0;
  let stopped = false;

  async function look(): Promise<void> {
    while (!stopped) {
      await Promise.all(
        backends.map(async (backend, index) => {
          up[index] = await isReady(backend);
        }),
      );
      await delay(LOOK_EVERY);
    }
  }

  async function next(): Promise<Socket | undefined> {
    for (let tries = 0; tries < backends.length; tries += 1) {
      turn = (turn + 1) % backends.length;
      if (!up[turn]) continue;
      const index = turn;
      const socket = await opened(backends[index]!.port);
      if (!socket) continue;
      handed[index]! += 1;
      return socket;
    }
    return undefined;
  }

  async function serve(client: Socket): Promise<void> {
    const backend = await next();
    if (!backend) return client.destroy() as unknown as void;
    for (const socket of [client, backend]) {
      open.add(socket);
      socket.on('error', () => {}).once('close', () => open.delete(socket));
    }
    client.pipe(backend).pipe(client);
    client.once('close', () => backend.destroy());
    backend.once('close', () => client.destroySoon());
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => {});
    void serve(client);
  });
  const looking = look();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  while (!up.every(Boolean)) await delay(20);
  return {
    port: (server.address() as { port: number }).port,
    handed: () => [...handed],
    async stop() {
      stopped = true;
      server.close();
      for (const socket of open) socket.destroy();
      await looking;
    },
  };
}
