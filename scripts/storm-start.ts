import { setTimeout as delay } from 'node:timers/promises';
import { untilListening } from './own-servers.js';
import type { Ground } from './storm-ground.js';

/** Milliseconds that the fleet has to serve, all of it, for the first time. */
const READY_WITHIN = 60_000;

/** Starts every process of the program at once, as a machine does. @returns a port of the web when all serve */
export async function startFleet({ members, directory }: Ground): Promise<number> {
  for (const member of members) member.start();
  const until = performance.now() + READY_WITHIN;
  for (const { role, port } of members) {
    if (role === 'smtp') await untilListening(port);
    if (role !== 'web') continue;
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
    while (!(await ready())) {
      if (performance.now() > until) throw new Error(`the fleet is not ready; see ${directory}/*.log`);
      await delay(100);
    }
  }
  return members.find(({ role }) => role === 'web')!.port;
}
