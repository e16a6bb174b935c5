/**
 * The next mail server of a storm, as a process of its own that may be killed at any moment: takes every mail and writes
 * its Message-ID down before it answers. `tsx scripts/storm-sink.ts HOST PORT DIRECTORY`. Mails to `KEPT_DOMAIN` are kept
 * whole.
 */
import { openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { KEPT_DOMAIN, TAKEN } from './storm-taken.js';

const [host = '', port = '', directory = ''] = process.argv.slice(2);
const taken = openSync(join(directory, TAKEN), 'a');
let kept = 0;

/** Keeps a mail for whoever waits for it: the whole file at once, by its recipient. */
function keep(recipient: string, content: string): void {
  const path = join(directory, `${recipient}-${process.pid}-${kept}.eml`);
  kept += 1;
  writeFileSync(`${path}.part`, content.replace(/^\.\./gm, '.'), 'latin1');
  renameSync(`${path}.part`, path);
}

function take(recipient: string, content: string): void {
  const id = /^message-id:\s*<([^>]*)>/im.exec(content)?.[1] ?? 'none';
  if (recipient.endsWith(`@${KEPT_DOMAIN}`)) keep(recipient, content);
  writeSync(taken, `${id}\n`);
}

function serve(socket: Socket): void {
  let rest = '';
  let recipient = '';
  let content: string | undefined;
  const say = (line: string) => void socket.write(`${line}\r\n`);

  function command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') say('250-storm\r\n250-8BITMIME\r\n250 SIZE 52428800');
    else if (verb === 'RCPT') {
      recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
      say('250 2.1.5 Ok');
    } else if (verb === 'DATA') {
      content = '';
      say('354 End with a dot');
    } else if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
    else say('250 2.0.0 Ok');
  }

  /** @returns whether there was enough to go on with */
  function step(): boolean {
    if (content === undefined) {
      const end = rest.indexOf('\r\n');
      if (end < 0) return false;
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      command(line);
      return true;
    }
    const end = rest.indexOf('\r\n.\r\n');
    if (end < 0) return false;
    take(recipient, rest.slice(0, end + 2));
    rest = rest.slice(end + 5);
    content = undefined;
    say('250 2.0.0 Ok: taken');
    return true;
  }

  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    while (step());
  });
  say('220 storm ESMTP');
}

createServer(serve).listen(Number(port), host);
