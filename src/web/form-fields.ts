import type { Response } from 'express';
import { passing } from './access.js';
import { type FormWithFile, readForm } from './form-data.js';

/**
 * Reads the fields in front of a form's file, among them the token that the gate asks for. The file is left for later; what
 * is no such form has neither, and is refused behind the gate.
 */
export const readFields = passing(async (request, response, next) => {
  let form: FormWithFile = { fields: {}, file: undefined };
  if (request.is('multipart/form-data')) {
    form = await readForm(request);
    request.body = form.fields;
  }
  response.locals.form = form;
  next();
});

/** What `readFields` found. */
export function formOf(response: Response): FormWithFile {
  return response.locals.form as FormWithFile;
}
