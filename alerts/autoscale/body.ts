import { z } from 'zod';
import type { UnixMs } from '#core/types.js';
import type { PolicyConfig } from '../config.js';
import { rfc3339 } from '#core/words.js';
import type { Decision } from './decide.js';
import type { LoadForecast } from './forecast.js';

const VERSION = 1;

/** The JSON that docs/webhooks.md describes. `current` is null while nobody knows it. `load` and the forecast are null when the number only returned inside its bounds. */
export function scaleBody({ name, service, horizon }: Pick<PolicyConfig, 'name' | 'service' | 'horizon'>, current: number | null, { desired, confidence, reason }: Decision, forecast: LoadForecast | null, at: UnixMs): string {
  return JSON.stringify({
    version: VERSION, type: 'scale', timestamp: rfc3339(at), policy: name, service, currentReplicas: current, desiredReplicas: desired,
    load: forecast?.now ?? null, forecast: forecast?.expected ?? null, forecastLower: forecast?.lower ?? null, forecastUpper: forecast?.upper ?? null,
    horizonSeconds: horizon / 1000, confidence, reason,
  });
}

const accepted = z.object({ currentReplicas: z.number().nullable(), desiredReplicas: z.number(), load: z.number().nullable(), forecast: z.number().nullable(), reason: z.string() });

/** What a body of ours says, read back from the outbox once it was taken. */
export function readScaleBody(body: string): z.output<typeof accepted> {
  return accepted.parse(JSON.parse(body));
}
