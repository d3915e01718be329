import type { Anomaly } from '#core/types.js';
import { callerOf, type Rarity } from './suspects.js';
import { symptomOf } from '../symptom.js';

/** What one system showed at other times. */
export interface Seen {
  /** How many sets of anomalies. */
  readonly sets: number;
  readonly services: ReadonlySet<string>;
  /** In how many of them each key was. */
  readonly times: ReadonlyMap<string, number>;
}

/** Surprise at what was seen so often in so many sets. */
export const surpriseOf = (seen: number, sets: number): number => Math.log((sets + 1) / (seen + 0.5));

export function seenIn(past: readonly (readonly Anomaly[])[]): Seen {
  const times = new Map<string, number>();
  for (const anomalies of past) for (const key of new Set(anomalies.flatMap((one) => [keyOf(one), ...(symptomOf(one) === 'none' ? [] : [kindOf(one), callsOf(one)])]))) times.set(key, (times.get(key) ?? 0) + 1);
  return { sets: past.length, services: new Set(past.flatMap((anomalies) => anomalies.map(({ series }) => series.service))), times };
}

/** Surprise of each anomaly of `now`: how rarely the like was in trouble, less what many services show at once now; how rarely the service showed anything of its kind; and how rarely the caller of what it is about had such calls. */
export function rarityOf({ sets, times }: Seen, now: readonly Anomaly[], services: number): Rarity {
  const sharing = new Map<string, Set<string>>();
  for (const anomaly of now) {
    const signal = signalOf(anomaly);
    sharing.set(signal, (sharing.get(signal) ?? new Set()).add(anomaly.series.service));
  }
  const surprise = (key: string): number => Math.max(0, surpriseOf(times.get(key) ?? 0, sets));
  return {
    of(anomaly) {
      const common = Math.log((services + 1) / (sharing.get(signalOf(anomaly))?.size ?? 1)) / Math.log(services + 1);
      return surprise(keyOf(anomaly)) * Math.max(0, common) ** (1 / 3);
    },
    ofKind: (anomaly) => surprise(kindOf(anomaly)),
    ofCaller: (anomaly) => surprise(callsOf(anomaly)),
    text: (anomaly) => `seen in ${times.get(keyOf(anomaly)) ?? 0} of ${sets} incidents of alerts`,
  };
}

/** The same whatever instance shows it: names of instances come and go. */
export const keyOf = (anomaly: Anomaly): string => `${anomaly.series.service} ${anomaly.series.labels['caller'] ?? ''} ${signalOf(anomaly)}`;
const kindOf = ({ series: { service, kind } }: Anomaly): string => `\0${service} ${kind}`;
const callsOf = (anomaly: Anomaly): string => `\0calls ${callerOf(anomaly) ?? ''} ${symptomOf(anomaly)}`;
const signalOf = ({ series, direction }: Anomaly): string => `${series.kind} ${series.operation} ${series.metric} ${direction}`;
