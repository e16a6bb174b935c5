import type { Timer } from '../../src/click/batch.js';

/** Time that passes when the test says so. */
export class TestTimer {
  private readonly running = new Map<() => void, number>();

  timer: Timer = (milliseconds, run) => {
    this.running.set(run, milliseconds);
    return () => void this.running.delete(run);
  };

  get size(): number {
    return this.running.size;
  }

  /** Lets everything expire that would within so many milliseconds. */
  pass(milliseconds: number): void {
    for (const [run, wait] of [...this.running]) {
      if (wait > milliseconds) continue;
      this.running.delete(run);
      run();
    }
  }
}
