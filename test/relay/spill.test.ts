import { existsSync, fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { createSpill, SPILL_THRESHOLD } from '../../src/relay/spill.js';
import type { Content } from '../../src/relay/splice.js';

async function bytesOf(content: Content): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** This process's open files whose name holds `id`: where they lead, and how they stand. */
function openFiles(id: string): { link: string; mode: number; names: number }[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      const { mode, nlink } = fstatSync(Number(fd));
      return link.includes(id) ? [{ link, mode: mode & 0o777, names: nlink }] : [];
    } catch {
      return []; // closed in between
    }
  });
}

const pattern = (length: number) =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255));

test.each([
  ['one chunk past the threshold', [SPILL_THRESHOLD + 1]],
  ['chunks over the threshold', [SPILL_THRESHOLD - 1, 1, 1, 70_000]],
  ['in memory', [SPILL_THRESHOLD - 1, 1]],
  ['nothing', []],
])('a spill gives back what was written, twice: %s', async (_name, sizes) => {
  const spill = createSpill(() => 'bytes');
  const chunks = sizes.map(pattern);
  for (const chunk of chunks) await spill.write(chunk);
  const written = Buffer.concat(chunks);
  expect(spill.isOnDisk()).toBe(written.length > SPILL_THRESHOLD);
  expect(spill.size()).toBe(written.length);
  for (let round = 0; round < 2; round += 1) {
    expect((await bytesOf(spill.content())).equals(written)).toBe(true);
  }
  await spill.dispose();
});

// /proc tells it on Linux only.
(existsSync('/proc/self/fd') ? test : test.skip)(
  'its file is nobody else’s to open, has no name, and is gone afterwards',
  async () => {
    const spill = createSpill(() => 'nameless-4711', 10);
    await spill.write(pattern(11));
    expect(openFiles('nameless-4711')).toEqual([
      { link: expect.stringMatching(/\(deleted\)$/), mode: 0o600, names: 0 },
    ]);
    await spill.dispose();
    await spill.dispose();
    expect(openFiles('nameless-4711')).toEqual([]);
  },
);
