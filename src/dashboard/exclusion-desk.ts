import { z } from 'zod';
import {
  type EndableBy,
  type ExclusionSource,
  exclude,
  exclusionBody,
  recordExclusion,
  recordExclusionEnd,
  removeExclusion,
} from '../credit/exclusion.js';
import type { Deps } from '../deps.js';
import type { SettingsSaid } from './settings-words.js';

const addForm = z.object({ who: z.string().trim().min(1), reason: z.string() });
const endForm = z.object({ exclusion: z.uuid() });

/** Who fills in the form, for whom. */
export type Excluding = Readonly<{
  /** null: for every company. */
  companyId: string | null;
  source: ExclusionSource;
  actor: string;
}>;

/** Leaves out what a form names: a domain, or an address when there is an @ in it. */
export async function addExclusion(deps: Deps, by: Excluding, body: unknown): Promise<SettingsSaid> {
  const form = addForm.safeParse(body);
  if (!form.success) return 'invalid';
  const { who, reason } = form.data;
  // People write a domain as @example.jp, too.
  const what = /.@/.test(who) ? { address: who } : { domain: who.replace(/^@/, '') };
  const wanted = exclusionBody.safeParse({ ...what, reason });
  if (!wanted.success) return 'invalid';
  const exclusion = await deps.db.transaction(async (tx) => {
    const made = await exclude(deps, tx, { ...wanted.data, ...by });
    if (made) await recordExclusion(deps, tx, { kind: 'member', id: by.actor }, made);
    return made;
  });
  return exclusion ? 'excluded' : 'stands';
}

/** Ends what a form names, where this side may. */
export async function endExclusion(
  deps: Deps,
  by: Readonly<{ actor: string }> & EndableBy,
  body: unknown,
): Promise<SettingsSaid> {
  const form = endForm.safeParse(body);
  if (!form.success) return 'invalid';
  const ending = { ...by, at: deps.clock() };
  const removed = await deps.db.transaction(async (tx) => {
    const ended = await removeExclusion(tx, form.data.exclusion, ending);
    if (ended) await recordExclusionEnd(deps, tx, { kind: 'member', id: by.actor }, ended);
    return ended;
  });
  return removed ? 'ended' : 'unknown';
}
