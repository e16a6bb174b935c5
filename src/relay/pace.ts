import type { SmtpLimits } from './smtp-limits.js';

/** Watches that content keeps coming. */
export type Pace = Readonly<{
  /** @param octets that came now */
  brought(octets: number): void;
  stop(): void;
}>;

/**
 * Content that has to keep coming: a client that sends a byte every ten seconds would hold its place, and one of
 * upstream's, for days.
 * @param onSlow called once, when a window brought too little or the whole takes too long
 */
export function createPace(
  limits: Pick<SmtpLimits, 'paceWindow' | 'paceOctets' | 'data'>,
  onSlow: () => void,
): Pace {
  let octets = 0;
  const window = setInterval(() => {
    if (octets < limits.paceOctets) slow();
    octets = 0;
  }, limits.paceWindow);
  const whole = setTimeout(slow, limits.data);
  function stop(): void {
    clearInterval(window);
    clearTimeout(whole);
  }
  function slow(): void {
    stop();
    onSlow();
  }
  return {
    brought(more) {
      octets += more;
    },
    stop,
  };
}
