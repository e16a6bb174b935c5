import PostalMime from 'postal-mime';

/** The agent of an ordinary phone, as the redirector will see it. */
export const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

const HEADERS = { 'user-agent': PHONE, 'accept-language': 'ja-JP,ja;q=0.9,en;q=0.8' };

/** What a mail reader shows: subject, recipient, and the parts decoded. */
export async function readMail(raw: Buffer) {
  const mail = await PostalMime.parse(raw);
  return {
    to: mail.to?.[0]?.address ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
  };
}

/** The first URL of a mail that starts with `prefix`. */
export function urlIn(mail: { text: string; html: string }, prefix: string): string | undefined {
  const at = new RegExp(`${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[A-Za-z0-9/_-]*`);
  return at.exec(mail.text)?.[0] ?? at.exec(mail.html)?.[0];
}

/** Opens a relay link as a phone would. @returns where it leads */
export async function follow(link: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(link, { redirect: 'manual', headers: { ...HEADERS, ...headers } });
  const location = response.headers.get('location');
  if (response.status !== 302 || !location)
    throw new Error(`${link} answered ${response.status} without a destination`);
  return new URL(location, link).toString();
}

type Form = { action: string; fields: URLSearchParams };

/** The page's form with what it already holds: hidden fields and values; boxes stay as they come (unticked). */
function formOf(html: string, pageUrl: string): Form & { inputs: Map<string, string>[] } {
  const form = /<form[^>]*method="post"[^>]*>[\s\S]*?<\/form>/i.exec(html)?.[0];
  if (!form) throw new Error(`${pageUrl} has no form to post`);
  const action = /<form[^>]*\saction="([^"]*)"/i.exec(form)?.[1];
  const inputs = [...form.matchAll(/<input([^>]*)>/gi)].map(
    ([, attributes = '']) =>
      new Map(
        [...attributes.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)].map(([, name = '', value = '']) => [
          name,
          value,
        ]),
      ),
  );
  const fields = new URLSearchParams();
  for (const input of inputs) {
    if (input.get('type') === 'hidden') fields.set(input.get('name') ?? '', input.get('value') ?? '');
  }
  return { action: new URL(action?.replaceAll('&amp;', '&') ?? '', pageUrl).toString(), fields, inputs };
}

async function openForm(url: string) {
  const response = await fetch(url, { headers: HEADERS });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return formOf(await response.text(), url);
}

function submit(form: Form): Promise<Response> {
  return fetch(form.action, { method: 'POST', redirect: 'manual', headers: HEADERS, body: form.fields });
}

/** Fills the registration form as a candidate does (the required box ticked) and sends it. */
export async function register(joinUrl: string, person: { name: string; email: string }): Promise<Response> {
  const form = await openForm(joinUrl);
  for (const input of form.inputs) {
    const name = input.get('name') ?? '';
    if (input.get('type') === 'email') form.fields.set(name, person.email);
    else if (input.get('type') === 'text') form.fields.set(name, person.name);
    else if (input.get('type') === 'checkbox' && input.has('required'))
      form.fields.set(name, input.get('value') || 'on');
  }
  return submit(form);
}

/** Opens the page of a mailed link and presses its button. */
export async function press(url: string): Promise<Response> {
  return submit(await openForm(url));
}
