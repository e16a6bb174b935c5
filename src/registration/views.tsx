import type { Choices, Purpose } from './consent.js';
import { PURPOSES } from './consent.js';
import { agencyName, type Frame, Notice, page } from './frame.js';
import { type FieldError, type Words, wordsOf } from './words.js';

export type FormField = 'name' | 'email' | 'consent';

export type JoinForm = Readonly<{
  /** Where the form is sent. */
  action: string;
  company: string | undefined;
  clickId: string | null;
  typed: Readonly<{ name: string; email: string; choices: Choices }>;
  errors: Readonly<Partial<Record<FormField, FieldError>>>;
  tooMany: boolean;
}>;

function FieldNote({ id, text }: { id: string; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="fault" id={id}>
      {text}
    </p>
  );
}

type TextFieldProps = Readonly<{
  name: 'name' | 'email';
  label: string;
  value: string;
  fault: string | undefined;
  focus: boolean;
}>;

function TextField({ name, label, value, fault, focus }: TextFieldProps) {
  const note = `${name}-fault`;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={name === 'email' ? 'email' : 'text'}
        autocomplete={name}
        inputMode={name === 'email' ? 'email' : undefined}
        required
        value={value}
        autofocus={focus}
        aria-invalid={fault ? 'true' : undefined}
        aria-describedby={fault ? note : undefined}
      />
      <FieldNote id={note} text={fault} />
    </div>
  );
}

function Tag({ purpose, words }: { purpose: Purpose; words: Words }) {
  return purpose === 'provide_to_agency' ? (
    <span class="tag">{words.required}</span>
  ) : (
    <span class="tag optional">{words.optional}</span>
  );
}

function BoxNote({ purpose, frame }: { purpose: Purpose; frame: Frame }) {
  const words = wordsOf(frame.locale);
  if (purpose === 'inform_company') return null;
  if (purpose === 'follow_up') return <small>{words.stopAnyTime}</small>;
  const { licence } = frame.agency;
  return (
    <small>
      {licence ? `${words.licence(licence)} · ` : ''}
      <a href="#purposes">{words.purposesLink}</a>
    </small>
  );
}

function Consents({ frame, form, focus }: { frame: Frame; form: JoinForm; focus: boolean }) {
  const words = wordsOf(frame.locale);
  const texts = words.boxes(agencyName(frame));
  const fault = form.errors.consent && words.errors[form.errors.consent];
  return (
    <fieldset>
      <legend>{words.consents}</legend>
      {PURPOSES.map((purpose) => {
        const required = purpose === 'provide_to_agency';
        return (
          <div class="box" key={purpose}>
            <input
              id={purpose}
              name={purpose}
              type="checkbox"
              value="yes"
              checked={form.typed.choices[purpose]}
              required={required}
              autofocus={required && focus}
              aria-invalid={required && fault ? 'true' : undefined}
              aria-describedby={required && fault ? 'consent-fault' : undefined}
            />
            <div>
              <label for={purpose}>
                {texts[purpose]} <Tag purpose={purpose} words={words} />
              </label>
              <BoxNote purpose={purpose} frame={frame} />
              {required && <FieldNote id="consent-fault" text={fault} />}
            </div>
          </div>
        );
      })}
    </fieldset>
  );
}

/** The candidate's page: thanks first, the offer second, two fields and three separate boxes. */
export function joinPage(frame: Frame, form: JoinForm): string {
  const words = wordsOf(frame.locale);
  const agency = agencyName(frame);
  const first = (['name', 'email', 'consent'] as const).find((field) => form.errors[field]);
  const faultOf = (field: 'name' | 'email') => {
    const error = form.errors[field];
    return error && words.errors[error];
  };
  return page(
    frame,
    first ? `${words.errorsTitle} · ${words.joinTitle}` : words.joinTitle,
    <>
      <p class="from">{form.company ? words.fromCompany(form.company) : words.fromNobody}</p>
      <h1>{words.heading}</h1>
      <p>{words.lead(agency)}</p>
      <ul class="points">
        {words.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      {first && (
        <p class="alert" role="alert">
          {words.errorsTitle}
        </p>
      )}
      {form.tooMany && (
        <p class="alert" role="alert">
          {words.tooMany}
        </p>
      )}
      <form method="post" action={form.action} noValidate>
        {form.clickId && <input type="hidden" name="click" value={form.clickId} />}
        <input type="hidden" name="lang" value={frame.locale} />
        <TextField
          name="name"
          label={words.name}
          value={form.typed.name}
          fault={faultOf('name')}
          focus={first === 'name'}
        />
        <TextField
          name="email"
          label={words.email}
          value={form.typed.email}
          fault={faultOf('email')}
          focus={first === 'email'}
        />
        <Consents frame={frame} form={form} focus={first === 'consent'} />
        <button type="submit">{words.submit}</button>
      </form>
      <section class="purposes" id="purposes">
        <h2>{words.purposes}</h2>
        <ol>
          {words.purposeList(agency).map((purpose) => (
            <li key={purpose}>{purpose}</li>
          ))}
        </ol>
      </section>
    </>,
  );
}

type Resendable = Readonly<{ code: string | null; registration: string | null }>;

/** Asks for the confirmation mail once more. */
function ResendForm({ of, label, frame }: { of: Resendable; label: string; frame: Frame }) {
  return (
    <form method="post" action="/join/check-mail">
      <input type="hidden" name="lang" value={frame.locale} />
      {of.code && <input type="hidden" name="code" value={of.code} />}
      <input type="hidden" name="registration" value={of.registration ?? ''} />
      <button class="second" type="submit">
        {label}
      </button>
    </form>
  );
}

/** The same for every address, so that nobody learns who is registered. */
export function sentPage(
  frame: Frame,
  sent: Resendable & Readonly<{ joinUrl: string; again: boolean }>,
): string {
  const words = wordsOf(frame.locale);
  return page(
    frame,
    words.sentTitle,
    <>
      <Notice title={words.sentTitle} text={[words.sentBody]} />
      {sent.again && (
        <p class="alert good" role="status">
          {words.sentAgain}
        </p>
      )}
      <p class="quiet">
        {words.sentMissing} <a href={sent.joinUrl}>{words.again}</a>
      </p>
      {sent.registration && <ResendForm of={sent} label={words.resend} frame={frame} />}
    </>,
  );
}

export function unknownCodePage(frame: Frame, joinUrl: string): string {
  const words = wordsOf(frame.locale);
  return page(
    frame,
    words.unknownTitle,
    <Notice
      title={words.unknownTitle}
      text={[words.unknownBody]}
      way={{ href: joinUrl, label: words.unknownWay }}
    />,
  );
}

export function revokedCodePage(frame: Frame, joinUrl: string): string {
  const words = wordsOf(frame.locale);
  return page(
    frame,
    words.revokedTitle,
    <Notice
      title={words.revokedTitle}
      text={[words.revokedBody]}
      way={{ href: joinUrl, label: words.unknownWay }}
    />,
  );
}

/** What will be registered, and the button that does it. */
export function verifyPage(
  frame: Frame,
  open: Readonly<{ action: string; name: string; recipient: string; choices: Choices }>,
): string {
  const words = wordsOf(frame.locale);
  const details: readonly (readonly [string, string])[] = [
    [words.verifyName, open.name],
    [words.verifyProvided, open.recipient],
    [words.verifyInform, open.choices.inform_company ? words.informYes : words.informNo],
    [words.verifyFollowUp, open.choices.follow_up ? words.yes : words.no],
  ];
  return page(
    frame,
    words.verifyTitle,
    <>
      <h1>{words.verifyHeading}</h1>
      <p>{words.verifyBody}</p>
      <dl class="details">
        {details.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <form method="post" action={open.action}>
        <input type="hidden" name="lang" value={frame.locale} />
        <button type="submit">{words.verifyButton}</button>
      </form>
    </>,
  );
}

export function confirmedPage(frame: Frame, before: boolean): string {
  const words = wordsOf(frame.locale);
  const title = before ? words.alreadyTitle : words.doneTitle;
  const text = (before ? words.alreadyBody : words.doneBody)(agencyName(frame));
  return page(frame, title, <Notice title={title} text={[text]} />);
}

/** Too old: a new mail at a press where the registration is still open, and the form in any case. */
export function expiredPage(
  frame: Frame,
  state: Readonly<{ code: string | null; open: string | null; joinUrl: string }>,
): string {
  const words = wordsOf(frame.locale);
  if (state.open === null) {
    const way = { href: state.joinUrl, label: words.expiredWay };
    const text = [words.expiredBody, words.expiredAgain];
    return page(frame, words.expiredTitle, <Notice title={words.expiredTitle} text={text} way={way} />);
  }
  return page(
    frame,
    words.expiredTitle,
    <>
      <Notice title={words.expiredTitle} text={[words.expiredBody, words.expiredResend]} />
      <ResendForm of={{ code: state.code, registration: state.open }} label={words.resend} frame={frame} />
      <p>
        <a href={state.joinUrl}>{words.expiredWay}</a>
      </p>
    </>,
  );
}

export function malformedPage(frame: Frame, joinUrl: string): string {
  const words = wordsOf(frame.locale);
  const way = { href: joinUrl, label: words.expiredWay };
  return page(
    frame,
    words.malformedTitle,
    <Notice title={words.malformedTitle} text={[words.malformedBody]} way={way} />,
  );
}
