import type { Session } from '../../web/session.js';
import type { MailDetail } from '../mail-queries.js';
import { type MailWords, mailWordsOf } from '../mail-words.js';
import { framedPage, PageHead, type Place } from './frame.js';
import type { View } from './view.js';

type Part = Readonly<{ view: View; m: MailWords; mail: MailDetail }>;
type Facts = readonly (readonly [string, string | undefined | null])[];

/** Names and what stands under them; what is not known is left out. */
function FactList({ facts }: { facts: Facts }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === undefined || value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function signed(weight: number): string {
  return weight < 0 ? `−${-weight}` : `+${weight}`;
}

function Judged({ view: { w }, m: { detail }, mail }: Part) {
  return (
    <section class="judged">
      <h2>
        {detail.verdictTitle}
        <span class={`tag ${mail.verdict}`}>{w.verdict[mail.verdict]}</span>
        <small>{detail.rulesVersion(mail.rulesVersion)}</small>
      </h2>
      {mail.cues.length === 0 ? (
        <p class="empty">{detail.noCues}</p>
      ) : (
        <>
          <p class="note">{detail.cuesLead}</p>
          <table class="cues">
            <thead>
              <tr>
                <th scope="col">{detail.phrase}</th>
                <th scope="col">{detail.where}</th>
                <th scope="col">{detail.weight}</th>
              </tr>
            </thead>
            <tbody>
              {mail.cues.map(({ phrase, where, weight }) => (
                <tr key={`${where} ${phrase}`}>
                  <th scope="row">{phrase}</th>
                  <td>{detail.places[where]}</td>
                  <td class={weight < 0 ? 'against' : 'for'}>{signed(weight)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

/** The codes of a reply (RFC 5321 §4.2, RFC 3463) without its text, in which servers repeat addresses. */
function codesOf(reply: string | null): string | undefined {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(reply ?? '')?.[0];
}

function Done({ view: { w, format }, m: { detail }, mail, url }: Part & { url: string | undefined }) {
  const { ranges, outcome, action, reason } = mail;
  const bytes = ranges.reduce((sum, range) => sum + range.length, 0);
  const facts: Facts = [
    [detail.link, url],
    [detail.reply, codesOf(mail.upstreamReply) ?? detail.noReply],
    [detail.finished, mail.finishedAt && format.exact(mail.finishedAt)],
    [detail.signed, mail.signedBy],
  ];
  return (
    <section class="done-to">
      <h2>
        {detail.doneTitle}
        <span class={`tag ${outcome === 'delivered' ? '' : 'failing'}`}>{w.outcome[outcome]}</span>
      </h2>
      <p class="deed">
        {w.action[action]}
        <small>
          {reason === null ? detail.ranges(ranges.length, format.number(bytes)) : w.reason(reason)}
          {reason !== null && bytes === 0 && ` · ${detail.unchanged}`}
        </small>
      </p>
      <FactList facts={facts} />
    </section>
  );
}

function About({ view: { format }, m: { detail }, mail }: Part) {
  const { mailDomain, language, recipients } = mail;
  const facts: Facts = [
    [detail.received, format.exact(mail.receivedAt)],
    [detail.job, mail.job],
    [detail.stage, mail.stage],
    [detail.source, mail.source],
    [detail.externalId, mail.externalId],
    [detail.way, detail.ways[mail.origin]],
    [detail.credential, mail.credential],
    [detail.size, detail.bytes(format.number(mail.size))],
    [detail.recipients, recipients === 0 ? detail.erased : format.number(recipients)],
    [detail.mailDomain, mailDomain === 'other' ? detail.otherDomain : mailDomain],
    [detail.language, language && detail.languages[language]],
  ];
  return (
    <section class="about">
      <h2>{detail.facts}</h2>
      <FactList facts={facts} />
      <p class="note">{detail.counts}</p>
    </section>
  );
}

/** One mail: how it was judged, what was done to it, and what is known of it. */
export function mailPage(
  who: Session,
  places: readonly Place[],
  view: View,
  mail: MailDetail,
  url: string | undefined,
): string {
  const m = mailWordsOf(who.locale);
  const part = { view, m, mail };
  const lead = [mail.job, mail.stage].filter(Boolean).join(' · ');
  return framedPage({
    who,
    title: m.detail.title,
    here: '/dashboard/messages',
    places,
    styles: ['desk.css', 'messages.css'],
    children: (
      <>
        <PageHead title={m.detail.title} lead={lead}>
          <a class="back" href="/dashboard/messages">
            {m.detail.back}
          </a>
        </PageHead>
        {mail.isAsked && (
          <p class="said asks whole">
            {m.detail.asked} <a href="/dashboard/review">{m.detail.answer}</a>
          </p>
        )}
        <Judged {...part} />
        <Done {...part} url={url} />
        <About {...part} />
      </>
    ),
  });
}
