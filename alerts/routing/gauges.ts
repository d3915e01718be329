import type { UnixMs } from '#core/types.js';
import type { AlertBook } from './alert-book.js';
import type { Groups } from './groups.js';
import type { RoutingMetrics } from './routing-metrics.js';
import type { Silences } from './silences.js';
import type { Suppression } from './suppression.js';

export interface Known {
  readonly book: Pick<AlertBook, 'all'>;
  readonly groups: Pick<Groups, 'all'>;
  readonly silences: Pick<Silences, 'all'>;
  readonly suppression: Suppression;
}

/** Sets the gauges of what is known now. */
export function setGauges(metrics: RoutingMetrics, { book, groups, silences, suppression }: Known, now: UnixMs): void {
  const firing = [...book.all()].filter(({ endsAt }) => endsAt > now);
  const suppressed = firing.filter(({ labels }) => suppression.silencedBy(labels).length > 0 || suppression.inhibitedBy(labels).length > 0).length;
  const known = silences.all(now);
  metrics.faultline_alerts_routed_alerts.set({ state: 'active' }, firing.length - suppressed);
  metrics.faultline_alerts_routed_alerts.set({ state: 'suppressed' }, suppressed);
  for (const state of ['active', 'pending', 'expired'] as const) metrics.faultline_alerts_silences.set({ state }, known.filter((one) => one.state === state).length);
  metrics.faultline_alerts_groups.set([...groups.all()].length);
}
