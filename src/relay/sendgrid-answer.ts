/** What the sender's program hears, or SendGrid said. */
export type SendgridAnswer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}>;

/** An answer of our own in the shape of SendGrid's errors, so that its clients read it. */
export function errorAnswer(status: number, message: string): SendgridAnswer {
  const body = JSON.stringify({ errors: [{ message, field: null, help: null }] });
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}
