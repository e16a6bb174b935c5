import { Router } from 'express';
import { z } from 'zod';
import { type AuditActor, recordAudit } from '../company/audit.js';
import { findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { companyKeys, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { blockAnswer } from './answers.js';
import { DEFAULT_WORDS } from './block.js';
import { type BlockSettings, findBlock, insertBlock } from './block-store.js';
import {
  LONGEST_WORDING_LINE,
  tidyWords,
  unwritableIn,
  type WordingFault,
  wordingProblems,
} from './block-wording.js';

const MESSAGES: Readonly<Record<WordingFault, string>> = {
  empty: 'must not be empty, nor have empty lines',
  'too-many-lines': 'must be three lines at most',
  'line-too-long': `must have ${LONGEST_WORDING_LINE} characters in a line at most`,
  unprintable: 'must not have control characters',
  'holds-link': 'must not hold an address, a tag or a placeholder: the link is added by itself',
  'not-optional': 'must say that it is optional, such as 任意です or "if you wish"',
  'not-free': 'must say that it is free of charge, such as 無料 or "free"',
  promises: 'must not promise anything',
};

const text = z.string().max(1_000).transform(tidyWords);
const words = z.strictObject({ offer: text, note: text });
const labels = z
  .array(z.string().trim().min(1, 'must not be empty').max(100))
  .max(200)
  .transform((all) => [...new Set(all)])
  .default([]);

/** Body of `POST /v1/companies/{id}/block`. `version`: the one that it replaces, 0 where there is none yet. */
export const blockSchema = z.strictObject({
  version: z.int().min(0),
  wording: z
    .strictObject({ ja: words.optional(), en: words.optional() })
    .default({})
    .superRefine((wording, context) => {
      for (const { field, fault } of wordingProblems(wording)) {
        context.addIssue({ code: 'custom', path: field.split('.').slice(1), message: MESSAGES[fault] });
      }
    }),
  jobs: labels,
  stages: labels,
});

export type WantedBlock = z.infer<typeof blockSchema>;

/** Keeps a company's block as a new version. @returns undefined where another was kept since the one it replaces */
export async function chooseBlock(
  deps: Pick<Deps, 'db' | 'clock' | 'newId'>,
  companyId: string,
  actor: AuditActor,
  { version, ...wanted }: WantedBlock,
): Promise<BlockSettings | undefined> {
  const chosen = { ...wanted, companyId, version: version + 1, chosenBy: actor.id, chosenAt: deps.clock() };
  return deps.db.transaction(async (tx) => {
    const newest = await findBlock(tx, companyId);
    if ((newest?.version ?? 0) !== version || !(await insertBlock(tx, chosen))) return undefined;
    await recordAudit(deps, tx, { companyId, actor, action: 'block.changed', subject: String(version + 1) });
    return chosen;
  });
}

/** What holds for a company now, with the built-in words where it has none. */
function shown(block: BlockSettings | undefined) {
  const { version = 0, wording = {}, jobs = [], stages = [] } = block ?? {};
  const chosenAt = block?.chosenAt.toISOString() ?? null;
  const asciiInstead = unwritableIn(wording);
  return { version, wording: { ...DEFAULT_WORDS, ...wording }, jobs, stages, chosenAt, asciiInstead };
}

/** `/v1/companies/{id}/block`: what a company's block says, and which mails get none. */
export function blockApi(deps: Deps): Router {
  const router = Router();

  async function companyIn(id: string): Promise<string> {
    const known = z.uuid().safeParse(id).success && (await findCompany(deps.db, id));
    if (!known) throw new AppError('not_found', `no company ${id}`);
    return id;
  }

  router.get('/companies/:id/block', companyKeys('read', 'admin', 'links'), async (request, response) => {
    response.json(shown(await findBlock(deps.db, await companyIn(request.params.id))));
  });

  router.post('/companies/:id/block', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(blockSchema, request.body);
    const chosen = await chooseBlock(deps, await companyIn(request.params.id), keyActing(who), wanted);
    if (!chosen) throw new AppError('conflict', 'version: another version was kept meanwhile');
    response.status(201).json(shown(chosen));
  });

  return router;
}

const UNKNOWN = 'no such company';

export const blockOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/block',
    summary: "What stands around the link in a company's mails, and which jobs and stages get none",
    who: 'operator, company',
    answers: { 200: { means: 'the block in force', body: blockAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/block',
    summary:
      'Choose the words above (offer) and below (note) the link for each language, and the labels of mails without a link. Agency and licence number are added by themselves. asciiInstead: charsets in which plain texts get an English block in ASCII, and the characters they lack',
    who: 'operator, company admin',
    body: blockSchema,
    answers: {
      201: { means: 'the block as it is now', body: blockAnswer },
      404: UNKNOWN,
      409: 'another version was kept since `version`',
    },
  },
];
