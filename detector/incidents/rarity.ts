import type { Anomaly } from '#core/types.js';
import { symptomOf } from './correlate.js';
import { callerOf, type Rarity } from './suspects.js';

/** Surprise at what was seen so often in so many sets. */
export const surpriseOf = (seen: number, sets: number): number => Math.log((sets + 1) / (seen + 0.5));

/** Surprise of each anomaly among `past`, the sets of anomalies that one system showed at other times: how rarely that series was in trouble, less what many services show at once now; how rarely the service showed anything of its kind; and how rarely the caller of what it is about had such calls. */
export function rarityOf(past: readonly (readonly Anomaly[])[], now: readonly Anomaly[], services: number): Rarity {
  const seen = new Map<string, number>();
  for (const anomalies of past) for (const key of new Set(anomalies.flatMap((one) => [keyOf(one), ...(symptomOf(one) === 'none' ? [] : [kindOf(one), callsOf(one)])]))) seen.set(key, (seen.get(key) ?? 0) + 1);
  const sharing = new Map<string, Set<string>>();
  for (const anomaly of now) {
    const signal = signalOf(anomaly);
    sharing.set(signal, (sharing.get(signal) ?? new Set()).add(anomaly.series.service));
  }
  const surprise = (key: string): number => Math.max(0, surpriseOf(seen.get(key) ?? 0, past.length));
  return {
    of(anomaly) {
      const common = Math.log((services + 1) / (sharing.get(signalOf(anomaly))?.size ?? 1)) / Math.log(services + 1);
      return surprise(keyOf(anomaly)) * Math.max(0, common) ** (1 / 3);
    },
    ofKind: (anomaly) => surprise(kindOf(anomaly)),
    ofCaller: (anomaly) => surprise(callsOf(anomaly)),
  };
}

export const keyOf = ({ series, direction }: Anomaly): string => `${series.id} ${direction}`;
const kindOf = ({ series: { service, kind } }: Anomaly): string => `\0${service} ${kind}`;
const callsOf = (anomaly: Anomaly): string => `\0calls ${callerOf(anomaly) ?? ''} ${symptomOf(anomaly)}`;
const signalOf = ({ series, direction }: Anomaly): string => `${series.kind} ${series.operation} ${series.metric} ${direction}`;
