import { z } from 'zod';
import { DAY_MS } from '#core/clock.js';
import { duration } from '#core/duration.js';
import { sloSchema } from './slo.js';

export const rulesConfig = z.strictObject({
  files: z.array(z.string().min(1)).max(1000).prefault([]).describe('Prometheus rule files, paths or globs such as `rules/*.yml`, from the working directory: see docs/rules.md. A file that changes is read again.'),
  evaluation_interval: duration.refine((ms) => ms >= 1000 && ms <= DAY_MS, 'expected 1s to 1d').prefault('1m').describe('Time between two evaluations of a group that names no `interval`.'),
  slos: z.array(sloSchema).max(1000).prefault([]).describe('Service level objectives: each becomes recording rules and alerts on how fast its error budget burns. See docs/rules.md.'),
  external_labels: z.record(z.string().min(1), z.string()).prefault({}).describe('Labels that alerts get on their way to Alertmanager, and templates see as `$externalLabels`.'),
});

export type RulesConfig = z.output<typeof rulesConfig>;
