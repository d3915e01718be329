import { validate } from 'node-cron';
import { z } from 'zod';
import { duration, durationWithin } from '#core/duration.js';
import { OWN_SERVICE } from '#core/words.js';

/** Spans and logs are counted in slots as long as this. */
const SLOT_MS = 5_000;

export const detectorConfig = z.strictObject({
  step: durationWithin('5s', '1h').refine((ms) => ms % SLOT_MS === 0, 'expected a multiple of 5s').prefault('15s').describe('Time between two points of a series; a multiple of 5 s, an hour at most.'),
  delay: durationWithin('0s', '1h').prefault('8s').describe('How long a step waits for its telemetry before it is scored. Prometheus sends what it has every 5 s, and the SDKs of OpenTelemetry their spans, unless told otherwise; metrics of SDKs come once a minute and bear the time of their export.'),
  min_points: z.int().min(12).max(120).prefault(24).describe('Points a series needs before it is judged.'),
  false_alarm_every: durationWithin('1d', '3650d').prefault('30d').describe('The false-alarm budget: how rarely noise alone may leave the band of one series. Two of three points outside make an anomaly.'),
  sensitivity: z.number().min(0.25).max(4).prefault(1).describe('Above 1 narrows every band, below 1 widens it.'),
  relearn_after: duration.prefault('15m').describe('How long a new level lasts before it becomes the expected one; of failures, lost requests and what is full, a day at least.'),
  max_series: z.int().min(1).prefault(100_000).describe('Series watched at most, of which metrics take nine tenths at most; those beyond are stored and shown but not judged, and counted on the Status page and in `faultline_detector_unwatched_series`. Each takes about 3.1 KiB of memory.'),
  long_memory: z.int().min(0).prefault(3_000).describe('Series that may have a long memory, of what is usual at this time of the day and the week: services first, then operations, logs, metrics and log patterns. About 105 kB each; 0 for none.'),
  shadow_for: duration.prefault('1d').describe('How long a model must have judged beside the active ones before it can be promoted without force.'),
  drift_check: z.string().refine(validate, 'expected a cron expression of five fields').prefault('7 * * * *').describe('When the last day is compared with the week before it: a cron expression.'),
  ignore_services: z.array(z.string()).prefault([OWN_SERVICE]).describe('Services that are stored and shown but not judged.'),
});
export type DetectorConfig = z.output<typeof detectorConfig>;
