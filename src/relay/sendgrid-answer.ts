/** What the sender's program hears, or SendGrid said. */
export type SendgridAnswer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}>;

/** Too much at once, or too many wrong keys. @param seconds after which it may be tried again */
export function tooManyAnswer(message: string, seconds: number): SendgridAnswer {
  return errorAnswer(429, message, { 'retry-after': String(seconds) });
}

/** An answer of our own in the shape of SendGrid's errors, so that its clients read it. */
export function errorAnswer(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): SendgridAnswer {
  const body = JSON.stringify({ errors: [{ message, field: null, help: null }] });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body) };
}
