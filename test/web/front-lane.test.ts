import { createServer, type Server } from 'node:http';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { type FrontHandler, openFrontLane, readPlainRequest } from '../../src/web/front-lane.js';

/** Says what it was asked, at once or a moment later; leaves everything below /other alone. */
const front: FrontHandler = (request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/other')) return false;
  const { method, headers } = request;
  const body = Buffer.from(
    `${JSON.stringify({ method, url, headers, from: request.socket.remoteAddress })}é`,
  );
  const answer = () => {
    response.writeHead(method === 'GET' ? 200 : 405, [
      'Content-Length',
      String(body.length),
      'X-Front',
      'yes',
    ]);
    response.end(method === 'HEAD' ? undefined : body);
  };
  if (url.startsWith('/later')) {
    arrived();
    setImmediate(() => setImmediate(answer));
  } else answer();
  return true;
};

/** Called when a request is there that is answered a moment later. */
let arrived = () => {};
/** Connections that node:http was given. */
let ordinary = 0;

async function listen(withLane: boolean): Promise<{ server: Server; port: number; closeLane: () => void }> {
  const server = createServer((request, response) => {
    if (front(request, response)) return;
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () =>
      response.end(`ordinary ${request.method} ${request.url} ${Buffer.concat(chunks)}`),
    );
  });
  if (withLane) server.prependListener('connection', () => (ordinary += 1));
  const closeLane = withLane ? openFrontLane(server, [front]).close : () => {};
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, closeLane };
}

let lane: Awaited<ReturnType<typeof listen>>;
let plain: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  [lane, plain] = [await listen(true), await listen(false)];
});
afterAll(async () => {
  for (const { server, closeLane } of [lane, plain]) {
    const closed = new Promise((resolve) => server.close(resolve));
    closeLane();
    server.closeAllConnections();
    await closed;
  }
});
beforeEach(() => {
  ordinary = 0;
});

function connect(port: number): {
  socket: Socket;
  received: () => string;
  until: (text: string) => Promise<void>;
} {
  const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  let look = () => {};
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  socket.on('error', () => {});
  const until = (wanted: string) =>
    new Promise<void>((resolve) => {
      look = () => void (text.includes(wanted) && resolve());
      socket.on('close', () => resolve());
      look();
    });
  return { socket, received: () => text, until };
}

/** Sends the pieces, one a turn, and a last plain request that asks to close; gives everything that came back. */
async function exchange(port: number, pieces: readonly string[]): Promise<string> {
  const { socket, received } = connect(port);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('end', () => socket.end());
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, 'latin1', () => setImmediate(resolve)));
  }
  socket.write('GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  await closed;
  return received().replaceAll(/^Date: .*$/gm, 'Date: then');
}

const GET = 'GET /a?b=c HTTP/1.1\r\nHost: h\r\n';

const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  'a plain request': [`${GET}User-Agent: some (thing)\r\n\r\n`],
  'two, one after the other': [`${GET}\r\n`, `${GET}\r\n`],
  'two at once': [`${GET}\r\n${GET}\r\n`],
  'one and a half at once': [`${GET}\r\nGET /se`, 'cond HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a second one before the answer to the first': [
    'GET /later HTTP/1.1\r\nHost: h\r\n\r\n',
    `${GET}\r\n`,
    `${GET}\r\n`,
  ],
  'a request in pieces': ['GET /a HT', 'TP/1.1\r\nHo', 'st: h\r\n', '\r\n'],
  'a request that is not the front’s': ['GET /other HTTP/1.1\r\nHost: h\r\n\r\n', `${GET}\r\n`],
  'a request that is not the front’s after one that is': [
    `${GET}\r\n`,
    'GET /other HTTP/1.1\r\nHost: h\r\n\r\n',
  ],
  HEAD: ['HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a body': ['POST /other HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nGET '],
  'a body of a GET': [`${GET}Content-Length: 4\r\n\r\nabcd`],
  'a body of a GET that follows its head': [`${GET}Content-Length: 4\r\n\r\n`, 'abcd'],
  'a chunked body of a GET': [`${GET}Transfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n0\r\n\r\n'],
  'both lengths': [`${GET}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`],
  'a field twice': [`${GET}User-Agent: a\r\nUser-Agent: b\r\nDNT: 1\r\nDNT: 0\r\n\r\n`],
  'two hosts': [`${GET}Host: i\r\n\r\n`],
  'no host': ['GET /a HTTP/1.1\r\nUser-Agent: a\r\n\r\n'],
  'HTTP/1.0': ['GET /a HTTP/1.0\r\nHost: h\r\n\r\n'],
  'HTTP/1.0 that stays': ['GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n'],
  'a connection that stays': [`${GET}Connection: Keep-Alive\r\n\r\n`],
  'a connection that closes': [`${GET}Connection: close\r\n\r\n`],
  'an expectation': [`${GET}Expect: 100-continue\r\n\r\n`],
  'an absolute target': ['GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a small method': ['get /a HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a blank in the target': ['GET /a b HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a target that is not ASCII': ['GET /é HTTP/1.1\r\nHost: h\r\n\r\n'],
  'a value that is not ASCII': [`${GET}X-Name: é\r\n\r\n`],
  'blanks around a value': [`${GET}X-Name: \t a b \t\r\nX-None:\r\nX-Blank: \r\n\r\n`],
  'a blank before the colon': [`${GET}X-Name : a\r\n\r\n`],
  'a folded field': [`${GET}X-Name: a\r\n b\r\n\r\n`],
  'a field without a colon': [`${GET}X-Name\r\n\r\n`],
  'a field without a name': [`${GET}: a\r\n\r\n`],
  'a line feed alone': [`${GET}X-Name: a\nX-Other: b\r\n\r\n`],
  'a carriage return alone': [`${GET}X-Name: a\rX-Other: b\r\n\r\n`],
  'a zero byte': [`${GET}X-Name: a\0b\r\n\r\n`],
  'names that objects have': [`${GET}__proto__: a\r\nConstructor: b\r\nToString: c\r\n\r\n`],
  'a long request': [`${GET}X-Name: ${'a'.repeat(9_000)}\r\n\r\n`],
  'a request that is too long': [`${GET}X-Name: ${'a'.repeat(20_000)}\r\n\r\n`],
  'an empty line before it': [`\r\n${GET}\r\n`],
  'no request at all': ['\x16\x03\x01\x02\0\x01\0\x01'],
};

test.each(Object.entries(REQUESTS))('%s: the same answer as without the lane', async (_name, pieces) => {
  const [withLane, without] = await Promise.all([exchange(lane.port, pieces), exchange(plain.port, pieces)]);
  expect(withLane).toBe(without);
});

test('a plain request that the front takes never sees node:http, any other does', async () => {
  const { socket, until } = connect(lane.port);
  socket.write(`${GET}\r\n`);
  await until('X-Front');
  expect(ordinary).toBe(0);
  socket.write('GET /other HTTP/1.1\r\nHost: h\r\n\r\n');
  await until('ordinary GET /other');
  expect(ordinary).toBe(1);
  socket.destroy();
});

test('who has sent everything and listens on is answered', async () => {
  const { socket, until, received } = connect(lane.port);
  socket.end('GET /later HTTP/1.1\r\nHost: h\r\n\r\n');
  await until('é');
  expect(received()).toContain('X-Front: yes');
});

test('who goes before his answer disturbs nobody', async () => {
  const { socket } = connect(lane.port);
  await new Promise<void>((resolve) =>
    socket.write('GET /later HTTP/1.1\r\nHost: h\r\n\r\n', () => resolve()),
  );
  socket.resetAndDestroy();
  expect(await exchange(lane.port, [`${GET}\r\n`])).toContain('X-Front: yes');
});

test('when it closes, what is idle is closed at once and what is asked is answered', async () => {
  const own = await listen(true);
  const [idle, busy] = [connect(own.port), connect(own.port)];
  idle.socket.write(`${GET}\r\n`);
  await idle.until('X-Front');
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  busy.socket.write('GET /later HTTP/1.1\r\nHost: h\r\n\r\n');
  await asked;
  const closed = new Promise((resolve) => own.server.close(resolve));
  own.closeLane();
  busy.socket.on('end', () => busy.socket.end());
  await closed;
  expect(busy.received()).toContain('X-Front: yes');
  expect(busy.received()).toContain('Connection: close');
});

test('a connection that becomes another protocol’s is not the lane’s', () => {
  expect(readPlainRequest(`${GET}\r\n`)).toBeDefined();
  expect(readPlainRequest(`${GET}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n`)).toBeUndefined();
  expect(readPlainRequest(`${GET}Upgrade: h2c\r\n\r\n`)).toBeUndefined();
});
