import { createContentHash } from './content-hash.js';
import { createLineEndCheck } from './line-ends.js';
import { createMessageScanner, type MimeStructure } from './mime.js';
import { createSpill, type Spill } from './spill.js';

/** The structure of a message, or the fault of ours that kept us from reading it. */
export type ReadStructure =
  | Readonly<{ kind: 'read'; structure: MimeStructure }>
  | Readonly<{ kind: 'fault'; error: unknown }>;

/** A whole message, here and not yet answered for. */
export type ReceivedMessage = Readonly<{ spill: Spill; contentHash: Buffer; structure: ReadStructure }>;

/** A message on its way in. */
export type Reception = ReturnType<typeof createReception>;

/** Takes a message in: keeps its bytes, reads its structure, hashes it and checks its line ends on the way. */
export function createReception(newId: () => string, limit: number) {
  const spill = createSpill(newId);
  const lineEnds = createLineEndCheck();
  const hash = createContentHash();
  const scanner = createMessageScanner();
  let fault: { error: unknown } | undefined;
  let size = 0;

  function scan(chunk: Buffer): void {
    if (fault) return;
    try {
      scanner.push(chunk);
    } catch (error) {
      fault = { error };
    }
  }
  function readStructure(): ReadStructure {
    if (fault) return { kind: 'fault', error: fault.error };
    try {
      return { kind: 'read', structure: scanner.end() };
    } catch (error) {
      return { kind: 'fault', error };
    }
  }

  return {
    /** Bytes past the limit or after a bare line end are not kept: the message is refused anyway. */
    push(chunk: Buffer): Promise<void> | undefined {
      size += chunk.length;
      lineEnds.push(chunk);
      if (size > limit || lineEnds.isBroken(false)) return undefined;
      hash.push(chunk);
      scan(chunk);
      return spill.write(chunk);
    },
    /** Octets so far, with those that are not kept. */
    size: () => size,
    isTooLarge: () => size > limit,
    hasBareLineEnd: () => lineEnds.isBroken(true),
    end: (): ReceivedMessage => ({ spill, contentHash: hash.end(), structure: readStructure() }),
    dispose: () => spill.dispose(),
  };
}
