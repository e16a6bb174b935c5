import { spawnSync } from 'node:child_process';
import { FROM_SOURCE } from '../scripts/server-process.js';
import { ConfigError, parseConfig } from '../src/config.js';

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const PRODUCTION = {
  NODE_ENV: 'production',
  BASE_URL: 'https://relay.example.jp',
  UPSTREAM_URL: 'smtp://mail.example.jp:587',
  SECRET_KEY: 'x'.repeat(32),
};

describe('defaults', () => {
  test('nothing needs to be set', () => {
    expect(parseConfig({})).toMatchObject({
      port: 3000,
      smtpPort: 2525,
      baseUrl: 'http://localhost:3000',
      linkBaseUrl: 'http://localhost:3000/r',
      dataDir: './data',
      upstream: { kind: 'outbox' },
      roles: ['web', 'smtp', 'worker'],
      environment: 'development',
    });
  });
  test('an empty variable is an unset one', () => {
    expect(parseConfig({ PORT: '', DATABASE_URL: '' }).port).toBe(3000);
  });
  test('URLs lose their trailing slash', () => {
    expect(parseConfig({ BASE_URL: 'https://a.example/' }).linkBaseUrl).toBe('https://a.example/r');
  });
});

describe('upstream', () => {
  test('smtp with a user', () => {
    expect(parseConfig({ UPSTREAM_URL: 'smtp://us%40er:pa%3Ass@mail.example:587' }).upstream).toEqual({
      kind: 'smtp',
      host: 'mail.example',
      port: 587,
      implicitTls: false,
      auth: { user: 'us@er', password: 'pa:ss' },
    });
  });
  test('a token instead of a password', () => {
    const { upstream } = parseConfig({ UPSTREAM_URL: 'smtp://user:token@mail.example:587?auth=xoauth2' });
    expect(upstream).toMatchObject({ auth: { user: 'user', password: 'token', method: 'xoauth2' } });
  });
  test.each([
    'smtp://user:x@mail.example?auth=cram-md5',
    'smtp://mail.example?auth=xoauth2',
    'smtp://a.example?x=1',
  ])('%s is a fault', (url) => {
    expect(faultsOf({ UPSTREAM_URL: url })).toEqual([expect.stringMatching('^UPSTREAM_URL: may have')]);
  });
  test('ports by scheme', () => {
    expect(parseConfig({ UPSTREAM_URL: 'smtp://mail.example' }).upstream).toMatchObject({ port: 25 });
    expect(parseConfig({ UPSTREAM_URL: 'smtps://[::1]' }).upstream).toMatchObject({ host: '::1', port: 465 });
  });
});

describe('SMTP edge', () => {
  test('defaults', () => {
    expect(parseConfig({}).smtp).toEqual({
      tlsPort: undefined,
      networks: [],
      trustedPeers: [],
      proxyProtocol: false,
      rate: 600,
      maxConnections: 1000,
      maxConnectionsPerAddress: 200,
      maxConnectionsPerCredential: 200,
    });
  });
  test('all settings', () => {
    const { smtp } = parseConfig({
      SMTPS_PORT: '465',
      SMTP_TLS_CERT: '/cert.pem',
      SMTP_TLS_KEY: '/key.pem',
      TRUSTED_SMTP_PEERS: '192.0.2.1, 2001:db8::/64',
      SMTP_PROXY_PROTOCOL: 'true',
      SMTP_RATE: '60',
    });
    expect(smtp).toMatchObject({ tlsPort: 465, proxyProtocol: true, rate: 60 });
    expect(smtp.trustedPeers.map(({ prefix }) => prefix)).toEqual([32, 64]);
  });
  test.each([
    [{ SMTPS_PORT: '465' }, 'SMTPS_PORT: needs SMTP_TLS_CERT'],
    [{ SMTP_PROXY_PROTOCOL: 'true' }, 'SMTP_PROXY_PROTOCOL: needs TRUSTED_SMTP_PEERS'],
    [{ SMTP_PROXY_PROTOCOL: 'yes' }, 'SMTP_PROXY_PROTOCOL: must be true or false'],
    [{ SMTPS_PORT: '2525', SMTP_TLS_CERT: 'c', SMTP_TLS_KEY: 'k' }, 'SMTPS_PORT: 2525 is taken'],
    [{ TRUSTED_SMTP_PEERS: '0.0.0.0/0' }, 'TRUSTED_SMTP_PEERS: .*wider than /8'],
    [{ TRUSTED_SMTP_PEERS: 'proxy.example' }, 'TRUSTED_SMTP_PEERS: .*is not a network'],
    [{ SMTP_RATE: '0' }, 'SMTP_RATE: must be a whole number'],
    [{ SMTP_MAX_CONNECTIONS: '-1' }, 'SMTP_MAX_CONNECTIONS: must be'],
    [{ SMTP_MAX_CONNECTIONS_PER_ADDRESS: 'x' }, 'SMTP_MAX_CONNECTIONS_PER_ADDRESS: must be'],
  ])('%j is a fault', (env, fault) => {
    expect(faultsOf(env as Record<string, string>)).toEqual([expect.stringMatching(`^${fault}`)]);
  });
});

describe('listed networks', () => {
  const networksOf = (value: string) => parseConfig({ SMTP_NETWORKS: value }).smtp.networks;

  test('networks and single addresses, each with its credential', () => {
    expect(networksOf('192.0.2.0/24=relay-a, 2001:db8::/32=relay-b,198.51.100.7=relay-a')).toEqual([
      { network: { family: 'ipv4', address: '192.0.2.0', prefix: 24 }, username: 'relay-a' },
      { network: { family: 'ipv6', address: '2001:db8::', prefix: 32 }, username: 'relay-b' },
      { network: { family: 'ipv4', address: '198.51.100.7', prefix: 32 }, username: 'relay-a' },
    ]);
    expect(parseConfig({}).smtp.networks).toEqual([]);
  });
  test.each([
    ['0.0.0.0/0=relay-a', 'is wider than /8'],
    ['::/0=relay-a', 'is wider than /7'],
    ['128.0.0.0/1=relay-a', 'is wider than /8'],
    ['::/7=relay-a', 'holds IPv4 addresses'],
    ['::ffff:0:0/96=relay-a', 'holds IPv4 addresses'],
    ['::ffff:192.0.2.0/120=relay-a', 'holds IPv4 addresses'],
    ['192.0.2.0/33=relay-a', 'has more than 32 bits'],
    ['192.0.2.0/=relay-a', 'is not a network'],
    ['192.0.2/24=relay-a', 'is not a network'],
    ['mail.example/24=relay-a', 'is not a network'],
    ['192.0.2.0/24', 'is not CIDR=USERNAME'],
    ['192.0.2.0/24=', 'is not CIDR=USERNAME'],
    ['192.0.2.0/24=a=b', 'is not CIDR=USERNAME'],
    ['192.0.2.0/24=relay-a,192.0.2.1/24=relay-b', 'names a network twice'],
  ])('%s is a fault', (value, why) => {
    expect(faultsOf({ SMTP_NETWORKS: value })).toEqual([
      expect.stringMatching(new RegExp(`^SMTP_NETWORKS: .*${why}`)),
    ]);
  });
  test('every faulty entry is named, beside faults of other variables', () => {
    expect(faultsOf({ SMTP_NETWORKS: '0.0.0.0/0=a,nonsense,192.0.2.0/24=b', PORT: 'x' })).toHaveLength(3);
  });
});

describe('faults', () => {
  test.each([
    ['PORT', { PORT: 'eighty' }],
    ['PORT', { PORT: '70000' }],
    ['BASE_URL', { BASE_URL: 'relay.example.jp' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://db/relay' }],
    ['REDIS_URL', { REDIS_URL: 'redis://a,http://b' }],
    ['UPSTREAM_URL', { UPSTREAM_URL: 'mail.example:25' }],
    ['OPERATOR_KEY', { OPERATOR_KEY: 'short' }],
    ['SECRET_KEY', { SECRET_KEY: 'short' }],
    ['ROLES', { ROLES: 'web,smtp,worker,mail' }],
    ['WEB_CONCURRENCY', { WEB_CONCURRENCY: '0' }],
    ['SMTP_CONCURRENCY', { SMTP_CONCURRENCY: 'many' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['NODE_ENV', { NODE_ENV: 'prod' }],
  ])('%s is named: %j', (name, env) => {
    expect(faultsOf(env as Record<string, string>)).toEqual([expect.stringMatching(`^${name}: `)]);
  });
  test('all at once', () => {
    const faults = faultsOf({ PORT: 'x', BASE_URL: 'y', NODE_ENV: 'production', SMTP_TLS_KEY: '/key.pem' });
    for (const name of ['PORT', 'BASE_URL', 'SECRET_KEY', 'UPSTREAM_URL', 'SMTP_TLS_CERT']) {
      expect(faults.join('\n')).toMatch(name);
    }
  });
});

describe('contradictions', () => {
  test('a complete production environment is none', () => {
    expect(faultsOf(PRODUCTION)).toEqual([]);
  });
  test.each(['SECRET_KEY', 'BASE_URL', 'UPSTREAM_URL'] as const)('production without %s', (name) => {
    const { [name]: _left, ...rest } = PRODUCTION;
    expect(faultsOf(rest)).toEqual([expect.stringMatching(`^${name}: required in production`)]);
  });
  test('a certificate without its key', () => {
    expect(faultsOf({ SMTP_TLS_CERT: '/cert.pem' })).toEqual([expect.stringMatching('set both or neither')]);
  });
  test('one role on the embedded database', () => {
    expect(faultsOf({ ROLES: 'web' }).join()).toMatch(/without DATABASE_URL.*SECRET_KEY/);
  });
  test('several processes of a role need PostgreSQL and SECRET_KEY, where there is that role at all', () => {
    expect(faultsOf({ WEB_CONCURRENCY: '2' }).join()).toMatch(
      /WEB_CONCURRENCY: without DATABASE_URL.*SECRET_KEY/,
    );
    expect(faultsOf({ SMTP_CONCURRENCY: '2' }).join()).toMatch(
      /SMTP_CONCURRENCY: without DATABASE_URL.*SECRET_KEY/,
    );
    const worker = { ROLES: 'worker', DATABASE_URL: 'postgres://db/x', SECRET_KEY: 'x'.repeat(32) };
    expect(faultsOf({ ...worker, WEB_CONCURRENCY: '2', SMTP_CONCURRENCY: '2' })).toEqual([]);
  });
  test('both servers on one port', () => {
    expect(faultsOf({ PORT: '2525' })).toEqual([expect.stringMatching('PORT and SMTP_PORT')]);
  });
});

test('the program prints all faults in one message and exits with 78', () => {
  const { status, stderr } = spawnSync(process.execPath, [...FROM_SOURCE, 'start'], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: 'x' },
    encoding: 'utf8',
  });
  expect(status).toBe(78);
  for (const fault of ['PORT: must be a port number', 'SECRET_KEY: ', 'BASE_URL: ', 'UPSTREAM_URL: ']) {
    expect(stderr).toMatch(fault);
  }
});
