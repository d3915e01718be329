import { z } from 'zod';

const UNIT: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** A config value such as `20MiB`, parsed to bytes. */
export const byteSize = z
  .string()
  .regex(/^\d+(B|KiB|MiB|GiB|TiB)$/, 'expected a size such as 20MiB, in B, KiB, MiB, GiB or TiB')
  .transform((text) => Number.parseInt(text, 10) * (UNIT[text.replace(/^\d+/, '')] ?? Number.NaN));
