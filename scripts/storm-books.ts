/** What the storm's clients were told, to be compared with what was stored. */
export type Books = {
  mails: { answered: Set<string>; attempts: number; refused: string[]; open: number };
  clicks: { answered: Set<string>; retried: number; unanswered: number; wrong: string[] };
  registrations: {
    /** By company: reported and answered; taken back and answered; confirmed by a candidate. */
    reported: Map<string, number>;
    reversed: Map<string, number>;
    confirmed: Map<string, number>;
    attempts: number;
    wrong: string[];
    open: number;
    unconfirmed: number;
  };
  reads: { answered: number; failed: number; wrong: string[] };
};

export function newBooks(): Books {
  return {
    mails: { answered: new Set(), attempts: 0, refused: [], open: 0 },
    clicks: { answered: new Set(), retried: 0, unanswered: 0, wrong: [] },
    registrations: {
      reported: new Map(),
      reversed: new Map(),
      confirmed: new Map(),
      attempts: 0,
      wrong: [],
      open: 0,
      unconfirmed: 0,
    },
    reads: { answered: 0, failed: 0, wrong: [] },
  };
}

export function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
