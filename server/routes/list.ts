import { z } from 'zod';

/** Which part of a list of services, and how much of it: nobody reads a thousand rows, and pages ask again every few seconds. */
export const listQuery = (most: number) =>
  z.object({
    q: z.string().max(200).default('').describe('Part of the name, in any case'),
    limit: z.coerce.number().int().min(1).max(most).default(most).describe('The first so many'),
  });

/** Those whose name has `q` in it. */
export function named<Row extends { readonly service: string }>(rows: readonly Row[], q: string): readonly Row[] {
  const wanted = q.trim().toLowerCase();
  return wanted === '' ? rows : rows.filter(({ service }) => service.toLowerCase().includes(wanted));
}
