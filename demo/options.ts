import { z } from 'zod';

/** The one argument of the shop's process, as JSON. */
export const shopOptions = z.strictObject({
  /** Base URL of an OTLP/HTTP receiver. */
  otlpHttpUrl: z.url(),
  /** Where faults are planted; 0 takes a free port. */
  controlPort: z.int().min(0).max(65_535),
  host: z.string().min(1).default('127.0.0.1'),
  seed: z.int().default(1),
  /** Plant a fault after two and a half minutes, and others after it. */
  autoFault: z.boolean().default(true),
});
export type ShopOptions = z.output<typeof shopOptions>;
