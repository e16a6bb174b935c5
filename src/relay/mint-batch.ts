import type { Deps } from '../deps.js';
import { type LinkRequest, mintLinks } from '../link/mint.js';

type Waiting = { request: LinkRequest; resolve: (code: string) => void; reject: (error: unknown) => void };

/** Mints one link a call; calls of one company in the same turn of the event loop share a statement. */
export function createBatchedMint(deps: Deps) {
  const waiting = new Map<string, Waiting[]>();

  async function flush(companyId: string): Promise<void> {
    const batch = waiting.get(companyId)!;
    waiting.delete(companyId);
    try {
      const codes = await mintLinks(
        deps,
        deps.db,
        companyId,
        'smtp',
        batch.map(({ request }) => request),
      );
      batch.forEach(({ resolve }, index) => {
        resolve(codes[index]!);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
  return (companyId: string, request: LinkRequest): Promise<string> =>
    new Promise((resolve, reject) => {
      const batch = waiting.get(companyId) ?? [];
      batch.push({ request, resolve, reject });
      if (batch.length > 1) return;
      waiting.set(companyId, batch);
      setImmediate(() => void flush(companyId));
    });
}
