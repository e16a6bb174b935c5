import { readdirSync, readFileSync } from 'node:fs';
import { insertCredential } from '../../src/company/credentials.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { TestEdge } from './edge.js';
import { RawClient, ScriptedUpstream } from './peers.js';

/**
 * Golden dialogues. `c->` and `c<-` are what a client says and hears; `u<-` and `u->` what upstream hears and says.
 * A `*` at the end of an expected line stands for any text. `env:` sets the edge up
 * otherwise than by default, with the network of `relay-listed` at its disposal; `offers:` lists what upstream offers.
 */
const FOLDER = new URL('../dialogs/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

function matches(line: string | undefined, wanted: string): boolean {
  return wanted.endsWith('*') ? (line ?? '').startsWith(wanted.slice(0, -1)) : line === wanted;
}

describe('SMTP dialogues', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let secrets: Readonly<Record<string, string>>;
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url } });
    const company = await app.company({ name: 'Example', slug: 'example', policy: 'explicit' });
    const { username, password } = await app.smtpCredential(company.id);
    const listed = { companyId: company.id, kind: 'smtp', scopes: [] } as const;
    await insertCredential(app.db, app.deps.newId(), listed, 'relay-listed', 'no password', app.clock.now());
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    secrets = {
      '{auth}': base64(`\0${username}\0${password}`),
      '{wrong}': base64(`\0${username}\0wrong`),
      '{user}': base64(username),
      '{password}': base64(password),
    };
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  test.each(files)('%s', async (name) => {
    const all = readFileSync(new URL(name, FOLDER), 'latin1').split('\n');
    const setting = /^(env|offers): (.*)$/;
    const lines = all.map((line) => (setting.test(line) ? '' : line));
    const given = (kind: string) =>
      all.flatMap((line) => (setting.exec(line)?.[1] === kind ? [setting.exec(line)![2]!] : []));
    const usual = upstream.offers;
    upstream.offers = given('offers')[0]?.split(',') ?? usual;
    const env = Object.fromEntries(
      given('env').map((pair) => [pair.split('=', 1)[0]!, pair.replace(/^[^=]*=/, '')]),
    );
    const edge = given('env').length > 0 ? await TestEdge.start(app, upstream, { env }) : undefined;
    const port = edge?.port ?? app.smtpPort;
    let client = await RawClient.connect(port);
    const heard: string[] = [];
    const answers: ((answer: string) => void)[] = [];
    const arrivals: (() => void)[] = [];
    upstream.script = (command) => {
      if (/^(connect|EHLO|RSET|QUIT)/.test(command)) return undefined;
      heard.push(command);
      arrivals.shift()?.();
      return new Promise((resolve) => answers.push(resolve));
    };
    let said: string[] = [];
    for (const [index, line] of lines.entries()) {
      const at = `${name}:${index + 1}`;
      const verb = line.slice(0, 4);
      const text = Object.entries(secrets).reduce(
        (filled, [key, value]) => filled.replace(key, value),
        line.slice(4),
      );
      if (said.length > 0 && verb !== 'u-> ' && !line.startsWith('u->')) {
        answers.shift()?.(said.join('\r\n'));
        said = [];
      }
      if (line.startsWith('c->')) client.send(`${text}\r\n`);
      else if (line.startsWith('c<-')) {
        const got = await client.line();
        expect({ at, line: matches(got, text) ? text : got }).toEqual({ at, line: text });
      } else if (line.startsWith('u<-')) {
        if (heard.length === 0) await new Promise<void>((resolve) => arrivals.push(resolve));
        expect({ at, line: heard.shift() }).toEqual({ at, line: text });
      } else if (line.startsWith('u->')) said.push(text);
      else if (line.startsWith('closed'))
        expect({ at, line: await client.line() }).toEqual({ at, line: undefined });
      else if (line.startsWith('reconnect')) {
        client.close();
        client = await RawClient.connect(port);
      } else expect({ at, line: line.startsWith('#') || line === '' }).toEqual({ at, line: true });
    }
    client.close();
    expect(heard).toEqual([]);
    for (const answer of answers.splice(0)) answer('250 2.0.0 Ok');
    upstream.offers = usual;
    await edge?.close();
  });
});
