import type { Anomaly, UnixMs } from '#core/types.js';
import { reopened } from '../lifecycle.js';
import { saysMore } from '../news.js';
import { courseOf } from './stickiness.js';
import type { Tracked } from '../tracked.js';

/** Makes anomalies evidence of an incident, in place of what it knew of them. One that was over is open again. */
export function attach(one: Tracked, anomalies: readonly Anomaly[], now: UnixMs): void {
  const known = new Map(one.incident.evidence.map((before) => [before.id, before]));
  // One that goes on under another id since a restart began when it began.
  const renewed = anomalies.map((anomaly) => {
    const startsAt = known.get(anomaly.id)?.startsAt ?? anomaly.startsAt;
    return startsAt < anomaly.startsAt ? { ...anomaly, startsAt } : anomaly;
  });
  // What is beyond those it keeps comes again with every step.
  one.dirty ||= renewed.some((anomaly) => (known.has(anomaly.id) || !one.incident.cut?.includes(courseOf(anomaly))) && saysMore(anomaly, known.get(anomaly.id)));
  one.renewed = true;
  for (const { id } of anomalies) known.delete(id);
  one.incident = { ...one.incident, evidence: [...known.values(), ...renewed] };
  if (one.incident.status === 'resolved') {
    one.incident = reopened(one.incident, now);
    one.analysed = { ...one.analysed, at: 0 };
    one.dirty = true;
  }
}
