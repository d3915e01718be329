import type { Anomaly } from '#core/types.js';
import type { Rarity } from './suspects.js';

/** Surprise of each anomaly among `past`, the sets of anomalies that one system showed at other times: how rarely that series was in trouble, less what many services show at once now. */
export function rarityOf(past: readonly (readonly Anomaly[])[], now: readonly Anomaly[], services: number): Rarity {
  const seen = new Map<string, number>();
  for (const anomalies of past) for (const key of new Set(anomalies.map(keyOf))) seen.set(key, (seen.get(key) ?? 0) + 1);
  const sharing = new Map<string, Set<string>>();
  for (const anomaly of now) {
    const signal = signalOf(anomaly);
    sharing.set(signal, (sharing.get(signal) ?? new Set()).add(anomaly.series.service));
  }
  return (anomaly) => {
    const surprise = Math.log((past.length + 1) / ((seen.get(keyOf(anomaly)) ?? 0) + 0.5));
    const common = Math.log((services + 1) / (sharing.get(signalOf(anomaly))?.size ?? 1)) / Math.log(services + 1);
    return Math.max(0, surprise) * Math.max(0, common) ** (1 / 3);
  };
}

const keyOf = ({ series, direction }: Anomaly): string => `${series.id} ${direction}`;
const signalOf = ({ series, direction }: Anomaly): string => `${series.kind} ${series.operation} ${series.metric} ${direction}`;
