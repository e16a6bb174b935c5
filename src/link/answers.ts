import { z } from 'zod';

export const linkAnswer = z.strictObject({ code: z.string(), url: z.url() });
export const linksAnswer = z.strictObject({ links: z.array(linkAnswer).describe('in the order asked for') });
