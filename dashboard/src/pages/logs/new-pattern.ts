import type { ApiLogPattern } from '#core/api/logs.js';

type Seen = Pick<ApiLogPattern, 'service' | 'firstSeenAt'>;
const SETTLED_MS = 600_000;

/** Whether a pattern appeared well after its service's first one: in the first minutes everything is new. */
export function isNew({ service, firstSeenAt }: Seen, all: readonly Seen[]): boolean {
  const first = Math.min(...all.filter((one) => one.service === service).map((one) => one.firstSeenAt));
  return firstSeenAt - first > SETTLED_MS;
}
