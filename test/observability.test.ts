import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { parseConfig } from '../src/config.js';
import { startTestApp, type TestApp } from './harness/app.js';

type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
};

/** A collector that keeps what it is sent. */
class Collector {
  readonly spans: Span[] = [];
  readonly headers: (string | undefined)[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const collector = new Collector(
      createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const { resourceSpans } = JSON.parse(body) as {
          resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
        };
        collector.headers.push(request.headers['x-key'] as string | undefined);
        collector.spans.push(
          ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
        );
        response.end('{}');
      }).listen(0, '127.0.0.1'),
    );
    await once(collector.server, 'listening');
    return collector;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The names of our metrics that a text speaks of, without the endings of histograms. */
function namesIn(text: string): Set<string> {
  return new Set(
    (text.match(/career_relay_\w+/g) ?? []).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  );
}

const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

describe('seen from outside', () => {
  let collector: Collector;
  let app: TestApp;
  let code: string;
  beforeAll(async () => {
    collector = await Collector.start();
    app = await startTestApp('pglite', {
      env: {
        STATUS_PORT: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key',
      },
    });
    const company = await app.company({ name: 'Example', policy: 'all' });
    const { username: user, password: pass } = await app.smtpCredential(company.id);
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: app.smtpPort,
      auth: { user, pass },
      ignoreTLS: true,
    });
    await transport.sendMail({
      from: 'hr@example.jp',
      to: 'taro@example.jp',
      subject: 'x',
      text: '採用を見送らせていただきます。',
    });
    transport.close();
    const [row] = await app.db.query<{ code: string }>('SELECT code FROM messages');
    code = row!.code;
    await app.call(`/r/${code}`);
    await app.call(`/join/${code}`, {
      headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
  });
  afterAll(() => {
    collector.close();
  });

  const metrics = async () => (await app.call('/metrics')).text();

  test('each phase has its histogram', async () => {
    const text = await metrics();
    for (const phase of ['prepare', 'upstream', 'journal', 'whole']) {
      expect(text).toContain(`career_relay_mail_seconds_bucket{phase="${phase}",le="+Inf"} 1\n`);
    }
    expect(text).toContain('career_relay_redirect_seconds_count{phase="recorded"} 1\n');
    expect(text).toMatch(/career_relay_store_seconds_count\{phase="query"\} [1-9]/);
    expect(text).toMatch(/career_relay_request_seconds_count\{phase="page"\} [1-9]/);
    expect(text).toMatch(/^# TYPE career_relay_mail_seconds histogram$/m);
  });

  test('pools, spool, jobs and readiness have gauges', async () => {
    const text = await metrics();
    expect(text).toContain('career_relay_ready 1\n');
    expect(text).toContain('career_relay_spool_pending 0\n');
    expect(text).toContain('career_relay_store_pool_connections{state="used"} 0\n');
    expect(text).toContain('career_relay_ambiguous_deliveries_total 0\n');
    expect(text).toMatch(/^# TYPE career_relay_jobs_waiting gauge$/m);
  });

  test.each(['deploy/alerts.yml', 'deploy/grafana-dashboard.json'])(
    'every metric that %s names exists',
    async (name) => {
      const there = namesIn(await metrics());
      const named = namesIn(file(name));
      expect(named.size).toBeGreaterThan(10);
      expect([...named].filter((one) => !there.has(one))).toEqual([]);
      // The control: one that nobody counts would be missed.
      expect(there.has('career_relay_mails_lost_total')).toBe(false);
    },
  );

  test('every metric of ours is on the dashboard', async () => {
    const shown = namesIn(file('deploy/grafana-dashboard.json'));
    expect([...namesIn(await metrics())].filter((one) => !shown.has(one))).toEqual([]);
  });

  test('every place in the guide that an alert names is there', () => {
    const headings = file('docs/operations.md')
      .match(/^###? .*$/gm)!
      .map((line) => line.replace(/^#+ /, ''));
    const named = [...file('deploy/alerts.yml').matchAll(/operations\.md, "([^"]+)"/g)].map(
      ([, heading]) => heading,
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((one) => !headings.includes(one!))).toEqual([]);
  });

  test('a mail, a click and a request leave traces, by ids that people know', async () => {
    const [message] = await app.db.query<{ id: string }>('SELECT id FROM messages');
    const [click] = await app.db.query<{ id: string }>('SELECT id FROM clicks');
    await app.close();
    const traceOf = (id: string) =>
      collector.spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
    const mail = traceOf(message!.id);
    expect(mail.map(({ name }) => name)).toEqual(['mail', 'mail prepare', 'mail upstream', 'mail journal']);
    expect(mail.slice(1).map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(mail[0]!.spanId));
    for (const { startTimeUnixNano, endTimeUnixNano } of mail) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    }
    expect(traceOf(click!.id).map(({ name }) => name)).toEqual(['redirect']);
    const [page] = traceOf('a'.repeat(32));
    expect(page).toMatchObject({ name: 'GET /join{/:code}', parentSpanId: 'b'.repeat(16) });
    expect(collector.headers).toContain('a key');
    // A code names a candidate: no span has one.
    expect(JSON.stringify(collector.spans)).not.toContain(code);
  });
});

describe('tracing settings', () => {
  test('nothing is made of traces unless somebody wants them', () => {
    expect(parseConfig({}).operation).toEqual({ statusPort: undefined, drainSeconds: 0, tracing: undefined });
  });
  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'no value'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['DRAIN_SECONDS', '20'],
    ['STATUS_PORT', 'x'],
  ])('%s=%s is told', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(new RegExp(`- ${name}: must`));
  });
});
