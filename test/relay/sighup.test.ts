import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { FROM_SOURCE, freePort, type ServerProcess, startServer } from '../../scripts/server-process.js';
import { describeWith } from '../harness/programs.js';
import { TestAuthority } from './edge.js';

describeWith('openssl', 'SIGHUP', () => {
  const authority = new TestAuthority();
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-sighup-'));
  let server: ServerProcess;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const ports = { http: await freePort(), smtp: await freePort() };
    const tls = { ...authority.issue('edge', 'relay.example'), SMTPS_PORT: String(port) };
    server = await startServer({ ...tls, DATA_DIR: dataDir, LOG_LEVEL: 'error' }, ports, FROM_SOURCE);
  }, 90_000);
  afterAll(async () => {
    await server.stop();
    authority.remove();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function serial(): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', ca: authority.ca(), servername: 'relay.example' });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  test('makes the running program serve the certificate that is there now', async () => {
    const first = await serial();
    authority.issue('edge', 'relay.example');
    server.process.kill('SIGHUP');
    // The signal is heard between two connections at some time; that it is never heard shows as a time-out.
    while ((await serial()) === first);
    expect(server.process.exitCode).toBeNull();
  }, 30_000);
});
