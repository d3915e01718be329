import { z } from 'zod';
import type { AlertGroupView, AlertView, PostedAlert, RoutingStatus, SilenceDraft, SilenceView } from '#core/alert-routing.js';
import type { ApiAlert, ApiAlertGroup, ApiSilence } from '#core/api/alerts.js';
import type { Labels, UnixMs } from '#core/types.js';
import { isoTime } from '../range.js';

/** The bodies of Alertmanager's API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */

const MAX_ALERTS = 10_000;
/** The last second that RFC 3339 can write: of what has no end. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Go's zero time, in the year 1, stands for none. */
const maybeTime = isoTime.nullish().transform((at): UnixMs | null => (at === null || at === undefined || at <= 0 ? null : at));
const labels = z.record(z.string().min(1), z.string());

export const postedAlerts = z
  .array(z.object({ labels, annotations: labels.nullish(), startsAt: maybeTime, endsAt: maybeTime, generatorURL: z.string().nullish() }).transform(({ annotations, generatorURL, ...alert }): PostedAlert => ({ ...alert, annotations: annotations ?? {}, generatorURL: generatorURL ?? '' })))
  .max(MAX_ALERTS);

const matcher = z.object({ name: z.string().min(1), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().nullish().transform((isEqual) => isEqual ?? true) });
export const postedSilence = z
  .object({ id: z.string().nullish(), matchers: z.array(matcher).min(1).max(100), startsAt: isoTime, endsAt: isoTime, createdBy: z.string().max(1000), comment: z.string().max(10_000) })
  .transform(({ id, ...silence }): SilenceDraft => ({ ...silence, id: id ?? '' }));

const iso = (at: UnixMs): string => new Date(Math.min(at, LAST_MS)).toISOString();

export function alertBody({ receivers, state, silencedBy, inhibitedBy, mutedBy, startsAt, endsAt, updatedAt, ...alert }: AlertView): ApiAlert {
  return { ...alert, startsAt: iso(startsAt), endsAt: iso(endsAt), updatedAt: iso(updatedAt), receivers: receivers.map((name) => ({ name })), status: { state, silencedBy, inhibitedBy, mutedBy } };
}

export const groupBody = ({ receiver, labels: shared, alerts }: AlertGroupView): ApiAlertGroup => ({ receiver: { name: receiver }, labels: shared satisfies Labels, alerts: alerts.map(alertBody) });

export function silenceBody({ state, startsAt, endsAt, updatedAt, ...silence }: SilenceView): ApiSilence {
  return { ...silence, startsAt: iso(startsAt), endsAt: iso(endsAt), updatedAt: iso(updatedAt), status: { state } };
}

export function statusBody({ original, startedAt }: RoutingStatus, version: string): object {
  return {
    cluster: { name: 'faultline', status: 'disabled', peers: [] },
    versionInfo: { version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' },
    config: { original },
    uptime: iso(startedAt),
  };
}
