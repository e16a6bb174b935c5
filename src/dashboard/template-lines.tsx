import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { labelledUrl, type StaticLabels } from '../click/static-labels.js';
import { staticUrlOf } from '../company/company.js';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { isPrintable } from '../link/label.js';
import { sendQr } from '../link/qr-api.js';
import { qrSymbol } from '../qr/symbol.js';
import { type BlockLanguage, type BlockWording, htmlFragment, textLines } from '../relay/block.js';
import { findBlock } from '../relay/block-store.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, requireSession, session } from '../web/session.js';
import { companyOf } from './pages.js';
import { placesOf } from './places.js';
import { templateWordsOf } from './template-words.js';
import { framedPage } from './views/frame.js';
import { type TemplateLines, TemplateLinesView } from './views/template-lines.js';

const LONGEST_LABEL = 100;
const label = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .refine((text) => text.length <= LONGEST_LABEL && isPrintable(text))
  .catch('');
const linesQuery = z.object({
  job: label,
  stage: label,
  language: z.enum(['ja', 'en']).optional().catch(undefined),
});

function queryOf(labels: StaticLabels): string {
  const given = Object.entries(labels).filter(([, text]) => text !== '');
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

/** The lines with a company's static link, in the words that the hook would insert. */
export function linesOf(
  deps: Pick<Deps, 'config'>,
  company: Pick<Company, 'slug'>,
  labels: Required<StaticLabels>,
  language: BlockLanguage,
  wording?: BlockWording,
): TemplateLines {
  const url = labelledUrl(staticUrlOf(deps.config, company), labels);
  const block = { url, agency: deps.config.agency, wording };
  return {
    ...labels,
    language,
    url,
    text: textLines(block, language).join('\n'),
    html: htmlFragment(block, language, '\n', false).trim(),
    qr: qrSymbol(url) && ((format) => `/dashboard/lines/qr.${format}${queryOf(labels)}`),
  };
}

async function showLines(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const { language, ...labels } = linesQuery.parse(request.query);
  const w = templateWordsOf(who.locale);
  const block = await findBlock(deps.db, company.id);
  const lines = linesOf(deps, company, labels, language ?? company.locale, block?.wording);
  response.send(
    framedPage({
      who,
      title: w.title,
      here: '/dashboard/lines',
      places: placesOf(who),
      styles: ['desk.css', 'ways.css'],
      modules: ['copy.js'],
      children: <TemplateLinesView w={w} lines={lines} />,
    }),
  );
}

/** The page with lines to paste into the templates of systems whose mail does not pass the hook. */
export function templateLinePages(deps: Deps): Router {
  const gate = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  router.get('/dashboard/lines', gate, (request, response) => showLines(deps, request, response));
  router.get('/dashboard/lines/qr.:format', gate, async (request, response) => {
    const company = await companyOf(deps, session(response));
    const { job, stage } = linesQuery.parse(request.query);
    const url = labelledUrl(staticUrlOf(deps.config, company), { job, stage });
    sendQr(response, url, request.params.format, {});
  });
  return router.use(pageFaults);
}
