import type { Locale } from '../../company/store.js';
import type { BlockSettings } from '../../relay/block-store.js';
import type { Unwritable, WordingProblem } from '../../relay/block-wording.js';
import type { Session } from '../../web/session.js';
import type { BlockDraft } from '../block-draft.js';
import type { BlockPreview } from '../block-preview.js';
import { type BlockPageWords, type BlockSaid, blockWordsOf } from '../block-words.js';
import { framedPage, type Place } from './frame.js';
import type { View } from './view.js';

export type BlockDesk = Readonly<{
  draft: BlockDraft;
  /** Whether it is more than what is saved. */
  isDraft: boolean;
  problems: readonly WordingProblem[];
  unwritable: readonly Unwritable[];
  preview: BlockPreview;
  shown: Locale | 'own';
  versions: readonly BlockSettings[];
  isShadow: boolean;
  said: BlockSaid | undefined;
  mayTry: boolean;
  mayChange: boolean;
}>;

const HERE = '/dashboard/block';

type Part = Readonly<{ b: BlockPageWords; desk: BlockDesk }>;

function Field({ b, desk, language, name }: Part & { language: Locale; name: 'offer' | 'note' }) {
  const id = `${language}_${name}`;
  const problem = desk.problems.find(({ field }) => field === `wording.${language}.${name}`);
  return (
    <div class="words">
      <label for={id}>{b[name]}</label>
      <textarea
        id={id}
        name={id}
        rows={name === 'offer' ? 2 : 1}
        maxLength={400}
        lang={language}
        readOnly={!desk.mayTry}
        aria-invalid={problem !== undefined}
        aria-describedby={problem && `${id}-fault`}
      >
        {desk.draft.words[language][name]}
      </textarea>
      {problem && (
        <p class="fault" id={`${id}-fault`}>
          {b.faults[problem.fault]}
        </p>
      )}
    </div>
  );
}

function Words({ b, desk }: Part) {
  return (
    <div class="twins">
      {(['ja', 'en'] as const).map((language) => (
        <fieldset key={language}>
          <legend>{b.languages[language]}</legend>
          <Field b={b} desk={desk} language={language} name="offer" />
          <Field b={b} desk={desk} language={language} name="note" />
          {desk.unwritable
            .filter((one) => one.language === language)
            .map(({ charset, characters }) => (
              <p class="note" key={charset}>
                {b.ascii(charset === 'cp932' ? 'Shift_JIS' : charset.toUpperCase(), characters)}
              </p>
            ))}
        </fieldset>
      ))}
    </div>
  );
}

function Labels({ b, desk }: Part) {
  return (
    <>
      <h2>{b.exclusions}</h2>
      <p class="note">{b.exclusionsLead}</p>
      <div class="twins">
        {(['jobs', 'stages'] as const).map((name) => (
          <div class="words" key={name}>
            <label for={name}>{b[name]}</label>
            <textarea id={name} name={name} rows={3} readOnly={!desk.mayTry}>
              {desk.draft[name]}
            </textarea>
          </div>
        ))}
      </div>
    </>
  );
}

function Sample({ b, desk }: Part) {
  return (
    <>
      <h2>{b.sample}</h2>
      <p class="note">{b.sampleLead}</p>
      <div class="twins">
        <div class="words">
          <label for="mail">{b.paste}</label>
          <textarea id="mail" name="mail" rows={5} spellcheck={false} />
        </div>
        <div class="words">
          {desk.draft.mail !== '' && (
            <label class="tick">
              <input type="checkbox" name="forget" value="yes" /> {b.forget}
            </label>
          )}
          <label for="file">{b.file}</label>
          <input type="file" id="file" name="file" accept=".eml,message/rfc822,text/plain" />
        </div>
      </div>
    </>
  );
}

function Form({ b, desk, csrf }: Part & { csrf: string }) {
  return (
    <form method="post" action={`${HERE}/preview`} enctype="multipart/form-data" class="block-form">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="version" value={desk.draft.version} />
      <Words b={b} desk={desk} />
      <p class="note">{b.hint}</p>
      <Labels b={b} desk={desk} />
      {desk.mayTry && <Sample b={b} desk={desk} />}
      {!desk.mayChange && <p class="note">{b.readOnly}</p>}
      <p class="buttons">
        {desk.mayTry && <button type="submit">{b.show}</button>}
        {desk.mayChange && (
          <button type="submit" class="main" formaction={HERE}>
            {b.save}
          </button>
        )}
      </p>
    </form>
  );
}

function Why({ b, desk, view }: Part & { view: View }) {
  const { verdict, reason, isShown } = desk.preview;
  return (
    <dl class="why">
      <div>
        <dt>{b.subject}</dt>
        <dd>{desk.preview.subject || '–'}</dd>
      </div>
      <div>
        <dt>{b.decided}</dt>
        <dd>
          <strong>{b.verdicts[verdict.verdict]}</strong>{' '}
          {reason === null ? b.inserts : b.untouched(view.w.reason(reason))}{' '}
          {reason !== null && (isShown ? b.asIf : b.noPlace)} {desk.isShadow && b.shadow}
        </dd>
      </div>
      <div>
        <dt>{b.cues}</dt>
        <dd>
          {verdict.cues.length === 0
            ? b.noCues
            : [...new Set(verdict.cues.map(({ phrase }) => phrase))].join(' · ')}
        </dd>
      </div>
    </dl>
  );
}

function Preview({ b, desk, view }: Part & { view: View }) {
  const { text, html } = desk.preview;
  const kinds = (['ja', 'en', 'own'] as const).filter((kind) => kind !== 'own' || desk.draft.mail !== '');
  return (
    <section class="preview" id="preview">
      <h2>{b.preview}</h2>
      <nav class="tabs" aria-label={b.preview}>
        {kinds.map((kind) => (
          <a
            key={kind}
            href={`${HERE}?sample=${kind}#preview`}
            aria-current={kind === desk.shown ? 'page' : undefined}
          >
            {b.which[kind]}
          </a>
        ))}
      </nav>
      <Why b={b} desk={desk} view={view} />
      <div class="twins">
        <div>
          <h3>{b.html}</h3>
          {html === undefined ? (
            <p class="note">{b.noHtml}</p>
          ) : (
            <iframe title={b.mail} src={`${HERE}/mail/${desk.shown}`} sandbox="" />
          )}
        </div>
        <div>
          <h3>{b.text}</h3>
          {text === undefined ? (
            <p class="note">{b.noText}</p>
          ) : (
            <pre>
              {text.before}
              {text.inserted !== '' && <mark>{text.inserted}</mark>}
              {text.after}
            </pre>
          )}
        </div>
      </div>
    </section>
  );
}

function Versions({ b, desk, view }: Part & { view: View }) {
  return (
    <section>
      <h2>{b.versions}</h2>
      {desk.versions.length === 0 && <p class="empty">{b.noVersions}</p>}
      <ul class="versions">
        {desk.versions.map(({ version, chosenAt, wording }) => (
          <li key={version}>
            {b.version(version, view.format.moment(chosenAt))}
            {(['ja', 'en'] as const).map(
              (language) => wording[language] && <q key={language}>{wording[language].offer}</q>,
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The words around the link: chosen, and seen in a mail before they are saved. */
export function blockPage(who: Session, places: readonly Place[], view: View, desk: BlockDesk): string {
  const b = blockWordsOf(who.locale);
  return framedPage({
    who,
    title: b.title,
    here: '/dashboard/settings',
    places,
    styles: ['desk.css', 'block.css'],
    children: (
      <div class="block-page">
        <section class="summary">
          <h1>{b.title}</h1>
          <p class="note">{b.lead}</p>
          {desk.said && (
            <p class={desk.said === 'saved' || desk.said === 'shown' ? 'said' : 'said asks'} role="status">
              {b.said[desk.said]}
            </p>
          )}
          <Form b={b} desk={desk} csrf={who.csrf} />
        </section>
        <Preview b={b} desk={desk} view={view} />
        <Versions b={b} desk={desk} view={view} />
      </div>
    ),
  });
}
