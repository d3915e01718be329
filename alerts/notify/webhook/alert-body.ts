import type { AlertNotice } from '../notice.js';
import { rfc3339 } from '#core/words.js';

const BODY_VERSION = 1;

/** The JSON that docs/webhooks.md describes for alerts of rules. */
export function alertBody({ type, alert, at }: AlertNotice): string {
  const { fingerprint, name, severity, labels, annotations, value, query, activeAt, firedAt, resolvedAt, generatorUrl } = alert;
  return JSON.stringify({
    version: BODY_VERSION,
    type: type === 'resolved' ? 'alert.resolved' : 'alert.firing',
    timestamp: rfc3339(at),
    alert: {
      fingerprint, name, status: resolvedAt === null ? 'firing' : 'resolved', severity, labels, annotations, query,
      // JSON has no NaN and no infinities.
      value: Number.isFinite(value) ? value : null,
      activeAt: rfc3339(activeAt), startsAt: rfc3339(firedAt), endsAt: resolvedAt === null ? null : rfc3339(resolvedAt), url: generatorUrl,
    },
  });
}
