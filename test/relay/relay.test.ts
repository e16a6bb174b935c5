import type { Company, Policy } from '../../src/company/store.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase, type Engine } from '../harness/database.js';
import { RawClient, ScriptedUpstream } from './peers.js';

const REJECTION = [
  'From: =?UTF-8?B?5o6h55So5ouF5b2T?= <hr@example.jp>',
  'To: taro@example.com',
  'Subject: =?UTF-8?B?6YG46ICD57WQ5p6c44Gu44GU6YCj57Wh?=',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=UTF-8',
  'Content-Transfer-Encoding: 8bit',
];
const BODY = [
  '山田太郎様',
  '',
  '慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。',
  '山田様の今後のご活躍を心よりお祈り申し上げます。',
  '',
];

let counter = 0;
function mail(options: { headers?: string[]; body?: string[]; messageId?: string | null } = {}): Buffer {
  counter += 1;
  const id = options.messageId === undefined ? `<m${counter}@example.jp>` : options.messageId;
  const headers = [...REJECTION, ...(id ? [`Message-ID: ${id}`] : []), ...(options.headers ?? [])];
  return Buffer.from([...headers, '', ...(options.body ?? BODY)].join('\r\n'));
}

type Row = Record<string, unknown> & { ranges: { at: number; length: number; removed: number }[] };

describeEachDatabase('relay', (engine: Engine) => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp(engine, { env: { UPSTREAM_URL: upstream.url } });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.script = () => undefined;
  });

  async function tenant(policy: Policy): Promise<{ company: Company; client: RawClient }> {
    const company = await app.company({ name: 'Example', slug: `example-${++counter}`, policy });
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(await app.smtpCredential(company.id));
    return { company, client };
  }
  async function send(
    client: RawClient,
    content: Buffer,
    envelope: { from?: string; to?: string[] } = {},
  ): Promise<string> {
    await client.command(`MAIL FROM:<${envelope.from ?? 'hr@example.jp'}>`);
    for (const to of envelope.to ?? ['taro@example.com']) await client.command(`RCPT TO:<${to}>`);
    await client.command('DATA');
    client.send(Buffer.concat([content, Buffer.from('.\r\n')]));
    return (await client.reply())[0] ?? '';
  }
  async function journal(company: Company): Promise<Row[]> {
    // The row is written behind the answer.
    for (let turn = 0; ; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const rows = await app.db.query<Row>(
        'SELECT * FROM messages WHERE company_id = $1 ORDER BY received_at, id',
        [company.id],
      );
      if (rows.length > 0 || turn > 1_000) return rows;
    }
  }
  async function outcome(policy: Policy, content: Buffer, envelope?: { from?: string; to?: string[] }) {
    const { company, client } = await tenant(policy);
    expect(await send(client, content, envelope)).toMatch(/^250/);
    client.close();
    const [row] = await journal(company);
    return { company, row: row!, sent: upstream.received[0]!.content };
  }
  /** What is left of `sent` when the inserted ranges are cut out; headers of ours that were removed are not in it. */
  function withoutRanges(sent: Buffer, ranges: Row['ranges']): Buffer {
    let at = 0;
    const pieces: Buffer[] = [];
    for (const range of ranges) {
      pieces.push(sent.subarray(at, range.at));
      at = range.at + range.length;
    }
    return Buffer.concat([...pieces, sent.subarray(at)]);
  }

  test('a rejection gets a link of its own, and nothing else changes', async () => {
    const content = mail();
    const { company, row, sent } = await outcome('auto', content);
    expect(row).toMatchObject({
      verdict: 'rejection',
      action: 'inserted',
      reason: null,
      outcome: 'delivered',
    });
    const links = await app.db.query('SELECT * FROM links WHERE company_id = $1 AND kind = $2', [
      company.id,
      'candidate',
    ]);
    expect(links).toEqual([
      expect.objectContaining({ code: row.code, recipient: 'taro@example.com', origin: 'smtp' }),
    ]);
    expect(sent.toString()).toContain(`${app.deps.config.linkBaseUrl}/${row.code}`);
    expect(row.ranges.every(({ removed }) => removed === 0)).toBe(true);
    expect(withoutRanges(sent, row.ranges)).toEqual(content);
    expect(row).toMatchObject({ size: content.length, upstream_reply: '250 2.0.0 Ok: queued as ABC' });
  });

  test('labels come from the control headers, which do not travel', async () => {
    const labels = ['X-Career-Relay: insert', 'X-Career-Relay-Job: J1', 'X-Career-Relay-Candidate: 42'];
    const { row, sent } = await outcome('explicit', mail({ headers: labels }));
    expect(row).toMatchObject({ action: 'inserted', job: 'J1', external_id: '42' });
    expect(sent.toString()).not.toMatch(/x-career-relay/i);
  });

  test('a placeholder is replaced by the link', async () => {
    const { row, sent } = await outcome('explicit', mail({ body: ['こちら: {{relay_url}}', ''] }));
    expect(sent.toString()).toContain(`こちら: ${app.deps.config.linkBaseUrl}/${row.code}\r\n`);
  });

  test('several outside recipients: a placeholder becomes the static link', async () => {
    const content = mail({ body: ['こちら: {{relay_url}}', ''] });
    const { company, row, sent } = await outcome('auto', content, { to: ['a@example.com', 'b@example.org'] });
    expect(row).toMatchObject({ action: 'inserted', code: null });
    expect(sent.toString()).toContain(`/c/${company.slug}\r\n`);
  });

  test('a colleague in copy is no second candidate', async () => {
    const { row } = await outcome('auto', mail(), { to: ['archive@example.jp', 'taro@example.com'] });
    expect(row).toMatchObject({ action: 'inserted' });
  });

  type Case = [string, Policy, () => Buffer, { from?: string; to?: string[] }?];
  const UNTOUCHED: Case[] = [
    ['several-recipients', 'auto', () => mail(), { to: ['a@example.com', 'b@example.org'] }],
    ['null-sender', 'all', () => mail(), { from: '' }],
    ['auto-submitted', 'all', () => mail({ headers: ['Auto-Submitted: auto-replied'] })],
    [
      'auto-submitted',
      'auto',
      () => mail({ headers: ['Auto-Submitted: auto-replied', 'X-Career-Relay: insert'] }),
    ],
    [
      'auto-submitted',
      'all',
      () => mail({ headers: ['Auto-Submitted: auto-notified; owner-email="a@b.c"'] }),
    ],
    [
      'auto-submitted',
      'all',
      () => mail({ headers: ['Auto-Submitted: auto-generated', 'Auto-Submitted: auto-replied'] }),
    ],
    ['auto-submitted', 'auto', () => mail({ headers: ['Auto-Submitted: auto-generated'] })],
    [
      'asked-to-skip',
      'all',
      () => mail({ headers: ['Auto-Submitted: auto-generated', 'X-Career-Relay: skip'] }),
    ],
    ['not-a-rejection', 'auto', () => mail({ body: ['明日はよろしくお願いします。', ''] })],
    ['asked-to-skip', 'auto', () => mail({ headers: ['X-Career-Relay: skip'] })],
    ['policy-shadow', 'shadow', () => mail()],
    ['policy-explicit', 'explicit', () => mail()],
    [
      'dkim-signed',
      'auto',
      () => mail({ headers: ['DKIM-Signature: v=1; a=rsa-sha256; d=example.jp; b=x'] }),
    ],
  ];
  test.each(UNTOUCHED)('%s goes out untouched', async (...one) => {
    const [reason, policy, content, envelope] = one as Case;
    const original = content();
    const { company, row, sent } = await outcome(policy, original, envelope);
    expect(row).toMatchObject({ action: 'untouched', reason, code: null, outcome: 'delivered' });
    expect(sent.toString()).toBe(original.toString().replace(/X-Career-Relay.*\r\n/, ''));
    const minted = await app.db.query('SELECT 1 FROM links WHERE company_id = $1 AND kind = $2', [
      company.id,
      'candidate',
    ]);
    expect(minted).toEqual([]);
  });

  test.each<[string, Policy, { headers?: string[]; body?: string[] }]>([
    ['the header', 'explicit', { headers: ['X-Career-Relay: insert'] }],
    ['a placeholder', 'explicit', { body: ['こちら: {{relay_url}}', ''] }],
    ['the policy `all`', 'all', {}],
  ])('a mail labelled auto-generated gets its link by %s', async (_name, policy, { headers = [], body }) => {
    const content = mail({ headers: ['Auto-Submitted: auto-generated', ...headers], body });
    const { row, sent } = await outcome(policy, content);
    expect(row).toMatchObject({ action: 'inserted', verdict: 'rejection', reason: null });
    expect(sent.toString()).toContain(`${app.deps.config.linkBaseUrl}/${row.code}`);
    expect(sent.toString()).toContain('Auto-Submitted: auto-generated\r\n');
  });

  describe('repeats', () => {
    test('the same message again, after 250, is not sent twice', async () => {
      const { company, client } = await tenant('auto');
      const content = mail();
      await send(client, content);
      const again = Buffer.concat([Buffer.from('Received: by mta.example.jp; later\r\n'), content]);
      expect(await send(client, again)).toMatch(/^250 2\.6\.0 .*delivered before/);
      expect(upstream.received).toHaveLength(1);
      client.close();
      expect(await journal(company)).toHaveLength(1);
    });

    test.each([
      ['another recipient', { to: ['jiro@example.com'] }],
      ['another sender', { from: 'ceo@example.jp' }],
    ])('%s is another message', async (_name, envelope) => {
      const { client } = await tenant('auto');
      const content = mail();
      await send(client, content);
      await send(client, content, envelope);
      expect(upstream.received).toHaveLength(2);
      client.close();
    });

    test('another body under the same Message-ID is another message', async () => {
      const { client } = await tenant('auto');
      await send(client, mail({ messageId: '<same@example.jp>' }));
      await send(client, mail({ messageId: '<same@example.jp>', body: ['別の本文', ''] }));
      expect(upstream.received).toHaveLength(2);
      client.close();
    });

    test('messages without a Message-ID are never taken for repeats', async () => {
      const { client } = await tenant('auto');
      const content = mail({ messageId: null });
      await send(client, content);
      await send(client, content);
      expect(upstream.received).toHaveLength(2);
      client.close();
    });

    test('after a day it is sent again', async () => {
      const { client } = await tenant('auto');
      const content = mail();
      await send(client, content);
      app.clock.advance(24 * 3_600_000 + 1);
      await send(client, content);
      expect(upstream.received).toHaveLength(2);
      client.close();
    });

    test('a repeat while the first is under way shares its answer', async () => {
      let release: (answer: string) => void = () => {};
      const held = new Promise<string>((resolve) => {
        release = resolve;
      });
      let dotSeen: () => void = () => {};
      const dot = new Promise<void>((resolve) => {
        dotSeen = resolve;
      });
      upstream.script = (command) => {
        if (command !== '.') return undefined;
        dotSeen();
        return held;
      };
      const company = await app.company({ name: 'Example', slug: `example-${++counter}`, policy: 'auto' });
      const credential = await app.smtpCredential(company.id);
      const clients = [await RawClient.connect(app.smtpPort), await RawClient.connect(app.smtpPort)] as const;
      for (const client of clients) await client.signIn(credential);
      const content = mail();
      const first = send(clients[0], content);
      await dot;
      const second = send(clients[1], content);
      // Turns of the event loop in which the second arrives whole; were they too few, the journal would know the first.
      for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      release('250 2.0.0 once');
      expect(await Promise.all([first, second])).toEqual([
        '250 2.0.0 once',
        expect.stringMatching(/^250 2\.(0\.0 once|6\.0)/),
      ]);
      expect(upstream.received).toHaveLength(1);
      for (const client of clients) client.close();
    });

    test('a retry that upstream had refused keeps its link', async () => {
      const { company, client } = await tenant('auto');
      const content = mail();
      upstream.script = (command) => (command === '.' ? '451 4.7.1 greylisted' : undefined);
      expect(await send(client, content)).toBe('451 4.7.1 greylisted');
      upstream.script = () => undefined;
      expect(await send(client, content)).toMatch(/^250/);
      client.close();
      const links = await app.db.query('SELECT code FROM links WHERE company_id = $1 AND kind = $2', [
        company.id,
        'candidate',
      ]);
      expect(links).toHaveLength(1);
      expect(upstream.received[0]!.content.toString()).toContain(String(links[0]!.code));
    });
  });

  test('connection lost after the final dot: 451, ambiguous, sent once', async () => {
    const { company, client } = await tenant('auto');
    upstream.script = (command) => (command === '.' ? { hangUp: true } : undefined);
    expect(await send(client, mail())).toMatch(/^451 4\.4\.2 /);
    client.close();
    expect(upstream.received).toHaveLength(1);
    expect((await journal(company))[0]).toMatchObject({ outcome: 'ambiguous', upstream_reply: null });
  });

  test('a connection that died in the pool is replaced unseen', async () => {
    const { client } = await tenant('auto');
    expect(await send(client, mail())).toMatch(/^250/);
    const before = upstream.connections;
    upstream.hangUpAll();
    expect(await send(client, mail())).toMatch(/^250/);
    expect(upstream.connections).toBeGreaterThan(before);
    expect(upstream.received).toHaveLength(2);
    client.close();
  });

  test.each(['RCPT', 'DATA'])(
    'a connection lost at %s is replaced, and the envelope said again',
    async (verb) => {
      const { client } = await tenant('auto');
      let lost = false;
      upstream.script = (command) => {
        if (lost || !command.startsWith(verb)) return undefined;
        lost = true;
        return { hangUp: true };
      };
      expect(await send(client, mail())).toMatch(/^250/);
      expect(lost).toBe(true);
      expect(upstream.received).toHaveLength(1);
      expect(upstream.received[0]!.rcpt).toEqual(['RCPT TO:<taro@example.com>']);
      client.close();
    },
  );

  test('an envelope that upstream answers differently the second time is not finished by half', async () => {
    const { client } = await tenant('auto');
    let lost = false;
    upstream.script = (command) => {
      if (command.includes('jiro') && !lost) {
        lost = true;
        return { hangUp: true };
      }
      return lost && command.includes('taro') ? '550 5.1.1 gone' : undefined;
    };
    const to = ['taro@example.com', 'jiro@example.com', 'saburo@example.com'];
    const answer = await send(client, mail(), { to });
    expect(answer).toMatch(/^451 4\.4\.2/);
    expect(upstream.received).toEqual([]);
    client.close();
  });
});

describeEachDatabase('relay without its database', (engine: Engine) => {
  test('mail goes out untouched, and a client that was known may sign in', async () => {
    const upstream = await ScriptedUpstream.start();
    const app = await startTestApp(engine, { env: { UPSTREAM_URL: upstream.url } });
    const company = await app.company({ name: 'Example', policy: 'auto' });
    const credential = await app.smtpCredential(company.id);
    const first = await RawClient.connect(app.smtpPort);
    await first.signIn(credential);
    await app.db.close();
    for (const client of [first, await RawClient.connect(app.smtpPort)]) {
      if (client !== first) await client.signIn(credential);
      const content = mail({ headers: ['X-Career-Relay-Job: J1'] });
      await client.command('MAIL FROM:<hr@example.jp>');
      await client.command('RCPT TO:<taro@example.com>');
      await client.command('DATA');
      client.send(Buffer.concat([content, Buffer.from('.\r\n')]));
      expect(await client.reply()).toEqual(['250 2.0.0 Ok: queued as ABC']);
      const plain = content.toString().replace('X-Career-Relay-Job: J1\r\n', '');
      expect(upstream.received.at(-1)!.content.toString()).toBe(plain);
      client.close();
    }
    expect(upstream.received).toHaveLength(2);
    await app.app.close().catch(() => {});
    await upstream.close();
  });
});
