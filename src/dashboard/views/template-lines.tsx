import type { BlockLanguage } from '../../relay/block.js';
import { SYSTEMS, type TemplateWords } from '../template-words.js';

export type TemplateLines = Readonly<{
  language: BlockLanguage;
  job: string;
  stage: string;
  url: string;
  text: string;
  html: string;
  /** The address of the QR code; undefined where the link is too long for one. */
  qr: ((format: 'svg' | 'png') => string) | undefined;
}>;

function Choices({ w, lines }: { w: TemplateWords; lines: TemplateLines }) {
  return (
    <form method="get" action="/dashboard/lines" class="fields">
      <label>
        {w.job}
        <input name="job" value={lines.job} maxLength={100} />
      </label>
      <label>
        {w.stage}
        <input name="stage" value={lines.stage} maxLength={100} />
      </label>
      <label>
        {w.language}
        <select name="language">
          {(['ja', 'en'] as const).map((language) => (
            <option key={language} value={language} selected={language === lines.language}>
              {w.languages[language]}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{w.make}</button>
    </form>
  );
}

/** Text to be copied: selected whole by one click, or by the button where scripts run. */
function Line({
  w,
  title,
  language,
  text,
}: {
  w: TemplateWords;
  title: string;
  language: string;
  text: string;
}) {
  return (
    <div class="line">
      <h3>
        {title}
        <button type="button" class="copy" data-copied={w.copied} hidden>
          {w.copy}
        </button>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach that (WCAG 2.1.1) */}
      <pre lang={language} tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}

function Picture({ w, lines: { qr, url } }: { w: TemplateWords; lines: TemplateLines }) {
  if (!qr) return null;
  return (
    <div class="line">
      <h3>{w.qr}</h3>
      <img src={qr('svg')} alt={w.qrAlt(url)} width="168" height="168" />
      <p>
        <a href={qr('svg')} download="career-relay.svg">
          {w.downloadSvg}
        </a>{' '}
        <a href={qr('png')} download="career-relay.png">
          {w.downloadPng}
        </a>
      </p>
    </div>
  );
}

export function TemplateLinesView({ w, lines }: { w: TemplateWords; lines: TemplateLines }) {
  return (
    <>
      <section class="lines">
        <h1>{w.title}</h1>
        <p>{w.lead}</p>
        <Choices w={w} lines={lines} />
        <p class="note">{w.labelHint}</p>
        <h2>
          {w.yourLine}
          <small>{w.selectHint}</small>
        </h2>
        <div class="ways">
          <Line w={w} title={w.text} language={lines.language} text={lines.text} />
          <Picture w={w} lines={lines} />
          <div class="wide">
            <Line w={w} title={w.html} language={lines.language} text={lines.html} />
          </div>
        </div>
      </section>
      <section class="places">
        <h2>{w.where}</h2>
        <div class="ways">
          {SYSTEMS.map((system) => (
            <div key={system}>
              <h3>{w.names[system]}</h3>
              <ol>
                {w.steps[system].map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            </div>
          ))}
        </div>
        <p class="note">{w.whereHint}</p>
      </section>
    </>
  );
}
