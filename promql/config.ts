import { z } from 'zod';
import { byteSizeOrNone } from '#core/bytes.js';
import { durationWithin } from '#core/duration.js';

export const promqlConfig = z.strictObject({
  lookback: durationWithin('1s', '1d').prefault('5m').describe('How old the latest sample of a series may be for it to have a value.'),
  timeout: durationWithin('1ms', '1d').prefault('2m').describe('Longest a query may take, waiting for others included. A request may ask for less.'),
  max_samples: z.int().positive().prefault(10_000_000).describe('Most samples that one query may hold in memory, about 20 bytes each.'),
  max_series: z.int().positive().prefault(50_000).describe('Most series that one selector may match. Where more do, those that were last heard of an hour or more before what is asked for do not count.'),
  experimental: z.boolean().prefault(true).describe('Whether queries may use what Prometheus understands only with a feature flag: experimental functions, anchored and smoothed, fill modifiers, arithmetic on durations.'),
  recent: byteSizeOrNone.prefault('192MiB').describe('Memory for the newest samples of all series, about four bytes each, so that queries about recent hours read nothing. `0` keeps none. Embedded engine only.'),
  cache: byteSizeOrNone.prefault('128MiB').describe('Samples of earlier times that queries read and that are kept for the next refresh, and the values of graphs over many series. `0` keeps none. Embedded engine only.'),
  max_concurrency: z.int().positive().prefault(4).describe('Queries that run at a time; others wait. Half as many of rules run beside them.'),
});

export type PromqlConfig = z.output<typeof promqlConfig>;
