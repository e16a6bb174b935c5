import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathOf } from '../harness/programs.js';
import { answers, until } from './arrival.js';

const run = promisify(execFile);

/** The daemons that any instance needs; those that listen come from the test. */
const DAEMONS = `
postlog   unix-dgram n  -       n       -       1       postlogd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
`;

/** No DNS, no users, nothing but loopback: all mail goes where the test sends it. */
function settings(folder: string, hostname: string): string {
  return `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/mail.log
maillog_file_prefixes = ${folder}
myhostname = ${hostname}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
alias_maps =
local_transport = error:nobody lives here
append_dot_mydomain = no
notify_classes =
smtpd_relay_restrictions = permit_mynetworks, reject
`;
}

export type PostfixSetup = Readonly<{
  hostname: string;
  /** Lines of main.cf; a later one overrules an earlier one. */
  main: string;
  /** Services of master.cf. */
  master: string;
  /** The port that says whether it is up. */
  port: number;
  /** Files beside main.cf by name; each is also made into a table by postmap. `FOLDER` in any text is their folder. */
  tables?: Readonly<Record<string, string>>;
  /** Other files beside main.cf. */
  files?: Readonly<Record<string, string>>;
}>;

export type Queued = Readonly<{ queue_name: string; recipients: readonly { delay_reason?: string }[] }>;

/** A Postfix of its own: own folders, own ports; the machine's own is never touched. */
export class Postfix {
  private constructor(
    private readonly master: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start({
    hostname,
    main,
    master,
    port,
    tables = {},
    files = {},
  }: PostfixSetup): Promise<Postfix> {
    const folder = mkdtempSync(join(tmpdir(), 'career-relay-postfix-'));
    chmodSync(folder, 0o755);
    const etc = join(folder, 'etc');
    mkdirSync(etc);
    await makeFolders(folder);
    const placed = (text: string) => text.replaceAll('FOLDER', etc);
    writeFileSync(join(etc, 'main.cf'), placed(`${settings(folder, hostname)}${main}\n`));
    writeFileSync(join(etc, 'master.cf'), placed(`${DAEMONS}${master}\n`));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(etc, name), text, { mode: 0o600 });
    for (const [name, text] of Object.entries(tables)) {
      writeFileSync(join(etc, name), placed(text), { mode: 0o600 });
      await run(sibling('postmap'), ['-c', etc, `hash:${join(etc, name)}`]);
    }
    // A process group of its own: master ends its daemons by it. -d: it stays our child.
    const child = spawn(join(await defaultOf('daemon_directory'), 'master'), ['-c', etc, '-d'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const postfix = new Postfix(child, folder);
    let complaints = '';
    child.stderr!.on('data', (chunk) => {
      complaints += chunk;
    });
    process.once('exit', postfix.kill);
    try {
      await until('Postfix is up', async () => {
        if (child.exitCode !== null) throw new Error(`Postfix ended: ${complaints}${postfix.log()}`);
        return answers(port);
      });
    } catch (error) {
      await postfix.stop();
      throw error;
    }
    return postfix;
  }

  log(): string {
    try {
      return readFileSync(join(this.folder, 'mail.log'), 'utf8');
    } catch {
      return '';
    }
  }
  /** What is in its queues. */
  async queue(): Promise<Queued[]> {
    const { stdout } = await run(sibling('postqueue'), ['-c', join(this.folder, 'etc'), '-j']);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Queued);
  }
  /** Tries everything that is deferred at once. */
  async flush(): Promise<void> {
    await run(sibling('postqueue'), ['-c', join(this.folder, 'etc'), '-f']);
  }
  async stop(): Promise<void> {
    process.off('exit', this.kill);
    if (this.master.exitCode === null && this.master.signalCode === null) {
      const gone = once(this.master, 'exit');
      this.master.kill('SIGTERM');
      await gone;
    }
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
  private readonly kill = (): void => {
    try {
      process.kill(-this.master.pid!, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  };
}

/** `postfix check` would make them too, and take three seconds for it. */
async function makeFolders(folder: string): Promise<void> {
  const make = (mode: number, names: readonly string[]) =>
    names.map((name) => {
      const path = join(folder, name);
      mkdirSync(path);
      chmodSync(path, mode);
      return path;
    });
  make(0o755, ['queue', 'queue/pid']);
  const states = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private'];
  const own = [...states, 'saved', 'trace'].map((name) => `queue/${name}`);
  await run('chown', ['postfix', ...make(0o700, ['data', ...own])]);
  const shared = [...make(0o710, ['queue/public']), ...make(0o730, ['queue/maildrop'])];
  await run('chown', ['postfix:postdrop', ...shared]);
}

/** A command of Postfix: it lies where `postfix` lies. */
function sibling(command: 'postmap' | 'postqueue' | 'postconf'): string {
  return join(pathOf('postfix'), '..', command);
}

/** A parameter's built-in default. */
export async function defaultOf(parameter: string): Promise<string> {
  const { stdout } = await run(sibling('postconf'), ['-dh', parameter]);
  return stdout.trim();
}
