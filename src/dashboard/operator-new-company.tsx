import { type Response, Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../company/audit.js';
import { createCompany } from '../company/company.js';
import { keepMember } from '../company/members.js';
import { newCompanySchema } from '../company/schemas.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, type Session, session } from '../web/session.js';
import { type NewCompanyFault, newCompanyWordsOf } from './new-company-words.js';
import { operatorPlaces } from './operator.js';
import { framedPage } from './views/frame.js';

const HERE = '/operator/companies/new';

type Typed = Readonly<{ name: string; slug: string; locale: string; email: string }>;
const EMPTY: Typed = { name: '', slug: '', locale: 'ja', email: '' };

const text = z.string().trim().max(254).catch('');
const typedForm = z.object({ name: text, slug: text, locale: text, email: text }).catch(EMPTY);

type Wanted = Readonly<{ name: string; slug?: string; locale?: 'ja' | 'en'; email: string }>;

function read({ slug, email, ...typed }: Typed): Wanted | NewCompanyFault {
  const company = newCompanySchema.safeParse({ ...typed, ...(slug && { slug }) });
  if (!company.success) return company.error.issues.some(({ path }) => path[0] === 'slug') ? 'slug' : 'name';
  const address = z.email().safeParse(email);
  return address.success ? { ...company.data, email: address.data } : 'email';
}

/** Company, static link and first administrator, all or nothing. @returns its id; `taken` where its static link is another's */
async function create(
  deps: Deps,
  who: Session,
  { email, ...wanted }: Wanted,
): Promise<{ id: string } | 'taken'> {
  const actor = personActing(who);
  try {
    return await deps.db.transaction(async (tx) => {
      const company = await createCompany(deps, tx, { ...wanted, policy: 'shadow' });
      const companyId = company.id;
      await recordAudit(deps, tx, { companyId, actor, action: 'company.created', subject: company.slug });
      const { member } = await keepMember(deps, tx, {
        companyId,
        email,
        role: 'admin',
        locale: company.locale,
      });
      const details = { role: member.role };
      await recordAudit(deps, tx, { companyId, actor, action: 'member.added', subject: member.id, details });
      return { id: companyId };
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return 'taken';
    throw error;
  }
}

function Fields({ who, typed, fault }: { who: Session; typed: Typed; fault: NewCompanyFault | undefined }) {
  const w = newCompanyWordsOf(who.locale);
  return (
    <form class="fields" method="post" action={HERE}>
      <input type="hidden" name="csrf" value={who.csrf} />
      <label class="wide">
        {w.name}
        <input name="name" value={typed.name} required maxLength={200} aria-invalid={fault === 'name'} />
      </label>
      <label class="wide">
        {w.email}
        <input type="email" name="email" value={typed.email} required aria-invalid={fault === 'email'} />
      </label>
      <label class="wide">
        {w.slug}
        <input
          name="slug"
          value={typed.slug}
          maxLength={50}
          spellcheck={false}
          aria-invalid={fault === 'slug' || fault === 'taken'}
        />
      </label>
      <label>
        {w.locale}
        <select name="locale">
          {(['ja', 'en'] as const).map((locale) => (
            <option key={locale} value={locale} selected={locale === typed.locale}>
              {w.locales[locale]}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{w.create}</button>
    </form>
  );
}

/** The operator's page that makes a company with its first administrator; it starts in the shadow. */
export function operatorNewCompanyPages(deps: Deps): Router {
  const operator = requireSession(deps, 'operator');
  const router = Router();

  function show(response: Response, typed: Typed = EMPTY, fault?: NewCompanyFault): void {
    const who = session(response);
    const w = newCompanyWordsOf(who.locale);
    response.status(fault ? 422 : 200).send(
      framedPage({
        who,
        title: w.title,
        here: '/operator',
        places: operatorPlaces(deps, who),
        children: (
          <section class="setup">
            <h1>{w.title}</h1>
            <p>{w.lead}</p>
            {fault && (
              <p class="said asks" role="alert">
                {w.faults[fault]}
              </p>
            )}
            <Fields who={who} typed={typed} fault={fault} />
          </section>
        ),
      }),
    );
  }

  router.get(HERE, operator, (_request, response) => show(response));
  router.post(HERE, operator, async (request, response) => {
    const typed = typedForm.parse(request.body ?? {});
    const wanted = read(typed);
    const created = typeof wanted === 'string' ? wanted : await create(deps, session(response), wanted);
    if (typeof created === 'string') return show(response, typed, created);
    response.redirect(303, `/operator/companies/${created.id}`);
  });
  return router.use(pageFaults);
}
