import { z } from 'zod';

const UNIT: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

const EXPECTED = 'expected a size such as 20MiB, in B, KiB, MiB, GiB or TiB';
const EXPECTED_OR_0 = `${EXPECTED}, or 0`;

const bytesOf = (size: string | number): number => Number.parseInt(String(size), 10) * (UNIT[String(size).replace(/^\d+/, '')] ?? 1);

/** A config value such as `20MiB`, parsed to bytes. */
export const byteSize = z
  .string()
  .regex(/^\d+(B|KiB|MiB|GiB|TiB)$/, EXPECTED)
  .transform(bytesOf);

/** The same where nothing means something: 0 takes no unit. */
export const byteSizeOrNone = z.union([z.string().regex(/^(0|\d+(B|KiB|MiB|GiB|TiB))$/, EXPECTED_OR_0), z.literal(0)], EXPECTED_OR_0).transform(bytesOf);
