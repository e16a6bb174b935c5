import { type Request, type Response, Router } from 'express';
import { listRules } from '../company/rules.js';
import type { Locale } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { DEFAULT_WORDS } from '../relay/block.js';
import { blockSchema, chooseBlock } from '../relay/block-api.js';
import { type BlockSettings, findBlock, listBlocks } from '../relay/block-store.js';
import { tidyWords, unwritableIn, wordingProblems } from '../relay/block-wording.js';
import { personActing } from '../web/actor.js';
import type { FormWithFile } from '../web/form-data.js';
import { formOf, readFields } from '../web/form-fields.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { type BlockDraft, findDraft, keepDraft } from './block-draft.js';
import { type BlockPreview, previewMail } from './block-preview.js';
import { pastedMail, sampleMail } from './block-sample.js';
import { type BlockSaid, blockSaid } from './block-words.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { blockPage } from './views/block.js';

const HERE = '/dashboard/block';
/** Octets that a mail of the company's may have here. */
const LARGEST_MAIL = 512 * 1024;
const VERSIONS = 10;

/** A mail's own HTML may style itself and nothing else: no script, no request, no place but our frame. */
const MAIL_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'";

/** Which mail is shown: one of the built-in samples, or the person's own. */
type Shown = Locale | 'own';

function ownerOf(who: Session) {
  return { memberId: who.member.id, companyId: companyIdOf(who) };
}

function draftOf(block: BlockSettings | undefined): BlockDraft {
  const { version = 0, wording = {}, jobs = [], stages = [] } = block ?? {};
  const words = { ...DEFAULT_WORDS, ...wording };
  return { version, words, jobs: jobs.join('\n'), stages: stages.join('\n'), mail: '' };
}

/** What a draft asks for; a language whose words are the built-in ones has none of its own. */
function wantedOf({ version, words, jobs, stages }: BlockDraft) {
  const wording = Object.fromEntries(
    (['ja', 'en'] as const).flatMap((language) => {
      const { offer, note } = words[language];
      const own = { offer: tidyWords(offer), note: tidyWords(note) };
      const builtIn = DEFAULT_WORDS[language];
      return own.offer === builtIn.offer && own.note === builtIn.note ? [] : [[language, own] as const];
    }),
  );
  const lines = (text: string) => [...new Set(tidyWords(text).split('\n'))].filter((line) => line !== '');
  return { version, wording, jobs: lines(jobs), stages: lines(stages) };
}

async function fileOf({ file }: FormWithFile): Promise<Buffer | undefined> {
  if (!file) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > LARGEST_MAIL) throw new AppError('too_large', 'the mail is too large: 512 KB at most');
    chunks.push(chunk);
  }
  return size > 0 ? Buffer.concat(chunks) : undefined;
}

/** The form as it was sent, with the mail that it brings, or the one of before. */
async function readDraft(form: FormWithFile, before: BlockDraft | undefined): Promise<BlockDraft> {
  const { fields } = form;
  const text = (name: string) => (fields[name] ?? '').slice(0, 4_000);
  const words = (language: Locale) => ({ offer: text(`${language}_offer`), note: text(`${language}_note`) });
  const file = await fileOf(form);
  const pasted = fields.mail?.trim() ? pastedMail(fields.mail) : undefined;
  const kept = fields.forget === 'yes' ? '' : (before?.mail ?? '');
  const version = Number(fields.version);
  return {
    version: Number.isSafeInteger(version) && version >= 0 ? version : 0,
    words: { ja: words('ja'), en: words('en') },
    jobs: text('jobs'),
    stages: text('stages'),
    mail: (file ?? pasted)?.toString('base64') ?? kept,
  };
}

async function previewOf(deps: Deps, who: Session, draft: BlockDraft, shown: Shown): Promise<BlockPreview> {
  const company = await companyOf(deps, who);
  const { wording, jobs, stages } = wantedOf(draft);
  const own = shown === 'own' && draft.mail !== '';
  const message = own
    ? Buffer.from(draft.mail, 'base64')
    : sampleMail(company.name, shown === 'en' ? 'en' : 'ja');
  const rules = await listRules(deps.db, company.id);
  return previewMail(deps, message, { company, wording, exclusions: { jobs, stages }, rules });
}

function shownOf(asked: unknown, draft: BlockDraft, locale: Locale): Shown {
  if (asked === 'ja' || asked === 'en') return asked;
  return draft.mail === '' ? locale : 'own';
}

async function show(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const [draft, block, versions] = await Promise.all([
    findDraft(deps, ownerOf(who)),
    findBlock(deps.db, company.id),
    listBlocks(deps.db, company.id, VERSIONS),
  ]);
  const chosen = draft ?? draftOf(block);
  const { wording } = wantedOf(chosen);
  const shown = shownOf(request.query.sample, chosen, company.locale);
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
  response.send(
    blockPage(who, placesOf(who), viewOf(deps, who, company.timeZone), {
      draft: chosen,
      isDraft: draft !== undefined,
      problems: wordingProblems(wording),
      unwritable: unwritableIn(wording),
      preview: await previewOf(deps, who, chosen, shown),
      shown,
      versions,
      isShadow: company.policy === 'shadow',
      said: blockSaid(request.query.said),
      mayTry: who.member.role !== 'viewer',
      mayChange: who.member.role === 'admin',
    }),
  );
}

async function save(deps: Deps, who: Session, draft: BlockDraft): Promise<BlockSaid> {
  const wanted = blockSchema.safeParse(wantedOf(draft));
  if (!wanted.success) return 'invalid';
  const chosen = await chooseBlock(deps, companyIdOf(who), personActing(who), wanted.data);
  if (!chosen) return 'conflict';
  // The mail stays, for who goes on.
  await keepDraft(deps, ownerOf(who), { ...draftOf(chosen), mail: draft.mail });
  return 'saved';
}

/** The words around the link, tried out on a mail of the company's own. */
export function blockPages(deps: Deps): Router {
  const reader = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  const take = async (response: Response): Promise<[Session, BlockDraft]> => {
    const who = session(response);
    const draft = await readDraft(formOf(response), await findDraft(deps, ownerOf(who)));
    await keepDraft(deps, ownerOf(who), draft);
    return [who, draft];
  };
  router.get(HERE, reader, (request, response) => show(deps, request, response));
  router.post(
    `${HERE}/preview`,
    readFields,
    requireSession(deps, 'member', 'admin'),
    async (_request, response) => {
      await take(response);
      response.redirect(303, `${HERE}?said=shown#preview`);
    },
  );
  router.post(HERE, readFields, requireSession(deps, 'admin'), async (_request, response) => {
    const [who, draft] = await take(response);
    response.redirect(303, `${HERE}?said=${await save(deps, who, draft)}`);
  });
  router.get(`${HERE}/mail/:shown`, reader, async (request, response) => {
    const who = session(response);
    const draft =
      (await findDraft(deps, ownerOf(who))) ?? draftOf(await findBlock(deps.db, companyIdOf(who)));
    const { html } = await previewOf(deps, who, draft, shownOf(request.params.shown, draft, who.locale));
    response.removeHeader('X-Frame-Options');
    response
      .setHeader('Content-Security-Policy', MAIL_POLICY)
      .type('html')
      .send(html ?? '');
  });
  return router.use(pageFaults);
}
