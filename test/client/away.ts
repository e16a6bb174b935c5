import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Career Relay that is not well: `answer` says how. */
export async function unwell(
  answer: (response: ServerResponse) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const FAULTS: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['is slow', () => {}],
  ['answers 500', (response) => void response.writeHead(500).end()],
  ['answers 401', (response) => void response.writeHead(401).end('{}')],
  ['answers 400', (response) => void response.writeHead(400).end('{}')],
  ['answers 429', (response) => void response.writeHead(429).end()],
  ['sends elsewhere', (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ['answers what is no JSON', (response) => void response.writeHead(201).end('<html>')],
  ['answers with too few links', (response) => void response.writeHead(201).end('{"links":[]}')],
  ['hangs up', (response) => void response.destroy()],
];
