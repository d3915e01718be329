import { z } from 'zod';
import { isTimeZone } from '#core/time-zone.js';

/** Who does something. Replaced by the name of whoever is signed in; where nobody has to be, a text that authorises nothing. */
export const person = z.string().trim().min(1).max(200).describe('Who does it; whoever is signed in takes its place');
export const id = z.object({ id: z.string().min(1) });
export const timeZone = z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin');
