import type { IncomingAlert } from '#core/alert-hook.js';
import type { PostedAlert } from '#core/alert-routing.js';
import type { Labels, UnixMs } from '#core/types.js';
import type { OutgoingAlert } from '../alertmanager/alertmanagers.js';
import { labelsOf } from '../rules/rule.js';
import { alertFingerprint, type KnownAlert } from './alert-book.js';

/** An alert of Faultline's own rules, or an incident. */
export function ownAlert({ labels, annotations, startsAt, endsAt, validUntil, generatorURL }: OutgoingAlert, now: UnixMs): KnownAlert {
  return { fingerprint: alertFingerprint(labels), labels, annotations, startsAt, endsAt: endsAt ?? validUntil, timesOut: endsAt === null, updatedAt: now, generatorURL };
}

/** An empty label is an absent one. */
const withoutEmpty = (labels: Labels): Labels => labelsOf(Object.entries(labels));

export function postedAlert({ labels: given, annotations, startsAt, endsAt, generatorURL }: PostedAlert, now: UnixMs, resolveTimeoutMs: number): KnownAlert {
  const labels = withoutEmpty(given);
  return { fingerprint: alertFingerprint(labels), labels, annotations: withoutEmpty(annotations), startsAt: startsAt ?? endsAt ?? now, endsAt: endsAt ?? now + resolveTimeoutMs, timesOut: endsAt === null, updatedAt: now, generatorURL };
}

/** A posted alert in the words of evidence. */
export function evidenceAlert({ labels, annotations, startsAt, endsAt, generatorURL }: KnownAlert, now: UnixMs): IncomingAlert {
  const over = endsAt <= now;
  return { status: over ? 'resolved' : 'firing', labels, annotations, startsAt, endsAt: over ? endsAt : null, until: endsAt, generatorURL };
}

/** What is wrong with an alert; undefined when nothing is. */
export function faultOfAlert({ labels, startsAt, endsAt }: PostedAlert): string | undefined {
  if (Object.keys(withoutEmpty(labels)).length === 0) return 'at least one label pair required';
  if (startsAt !== null && endsAt !== null && startsAt > endsAt) return 'start time must be before end time';
  return undefined;
}
