import { z } from 'zod';

/**
 * What SendGrid's published description of Mail Send (twilio/sendgrid-oai, tsg_mail_v3) asks of a request, as far as a
 * relay could break it. Fields that are not named here may be there.
 */
const address = z.looseObject({ email: z.email(), name: z.string().optional() });
const headers = z.record(z.string(), z.string()).optional();
const personalization = z
  .looseObject({
    to: z.array(address).min(1),
    cc: z.array(address).max(1_000).optional(),
    bcc: z.array(address).max(1_000).optional(),
    subject: z.string().min(1).optional(),
    headers,
    substitutions: z.record(z.string(), z.string()).optional(),
    dynamic_template_data: z.record(z.string(), z.unknown()).optional(),
    send_at: z.int().optional(),
  })
  .refine(
    ({ substitutions = {} }) => Buffer.byteLength(Object.entries(substitutions).flat().join('')) <= 10_000,
    'substitutions: more than 10,000 bytes',
  );
const content = z.looseObject({ type: z.string().min(1), value: z.string().min(1) });
const attachment = z.looseObject({
  content: z.string().min(1),
  filename: z.string(),
  type: z.string().min(1).optional(),
  disposition: z.enum(['inline', 'attachment']).optional(),
});
const ORDER = ['text/plain', 'text/html'];

export const mailSendSchema = z
  .looseObject({
    personalizations: z.array(personalization).min(1).max(1_000),
    from: address,
    reply_to: address.optional(),
    subject: z.string().min(1).optional(),
    content: z.array(content).optional(),
    attachments: z.array(attachment).optional(),
    template_id: z.string().optional(),
    headers,
    categories: z.array(z.string().max(255)).max(10).optional(),
    send_at: z.int().optional(),
    batch_id: z.string().optional(),
    asm: z
      .looseObject({ group_id: z.int(), groups_to_display: z.array(z.int()).max(25).optional() })
      .optional(),
  })
  .refine((mail) => mail.content || mail.template_id, 'content: required without a template')
  .refine(({ content = [] }) => {
    const places = content.map(({ type }) => ORDER.indexOf(type)).filter((place) => place >= 0);
    return places.every((place, index) => index === 0 || place >= places[index - 1]!);
  }, 'content: text/plain before text/html')
  .refine(
    (mail) => !mail.template_id?.startsWith('d-') || mail.personalizations.every((one) => !one.substitutions),
    'substitutions: not with a dynamic template',
  );

export type MailSend = z.infer<typeof mailSendSchema>;
