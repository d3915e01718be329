import type { PromMetadata } from '#core/promql.js';
import type { Store } from '#store/store.js';
import { compareLabels, labelOf, METRIC_NAME } from '../labels.js';
import type { SampleSource, SeriesData } from '../source.js';
import { createStoreSource, type Kept } from '../store/store-source.js';
import { createAnomalyMetrics } from './anomalies.js';
import { wantedNames } from './family.js';
import { createForecastMetrics } from './forecasts.js';
import { createIncidentMetrics } from './incidents.js';
import { createSpanMetrics } from './span-metrics.js';
import { createTargetInfo } from './target-info.js';

export interface AllSources extends SampleSource {
  /** The virtual series alone. */
  readonly virtual: SampleSource;
  readonly virtualMetrics: Readonly<Record<string, PromMetadata>>;
}

/** What was received, and what Faultline made of it. */
export function createSources(store: Store, kept: Kept): AllSources {
  const received = createStoreSource(store, kept);
  const families = [createSpanMetrics(store), createTargetInfo(store), createAnomalyMetrics(store), createIncidentMetrics(store), createForecastMetrics(store)];
  const virtual: SampleSource = {
    async select(matchers, from, to, limits) {
      const found = await Promise.all(families.flatMap((family) => wantedNames(family, matchers).map((name) => family.read(name, matchers, from, to, limits))));
      return found.flat().filter(({ times }) => times.length > 0).toSorted((a, b) => compareLabels(a.labels, b.labels));
    },
  };
  return {
    virtual,
    virtualMetrics: Object.assign({}, ...families.map(({ metrics }) => metrics)) as Record<string, PromMetadata>,
    async large(matchers, from, to, limits) {
      return families.some((family) => wantedNames(family, matchers).length > 0) ? undefined : received.large?.(matchers, from, to, limits);
    },
    async select(matchers, from, to, limits) {
      const [own, made] = await Promise.all([received.select(matchers, from, to, limits), virtual.select(matchers, from, to, limits)]);
      return made.length === 0 ? own : [...own, ...uncounted(made, own)].toSorted((a, b) => compareLabels(a.labels, b.labels));
    },
  };
}

/** What a spanmetrics connector counted of a service stands: of the spans that it sends on, fewer may arrive. */
function uncounted(made: readonly SeriesData[], own: readonly SeriesData[]): readonly SeriesData[] {
  const whose = ({ labels }: SeriesData): string => `${labelOf(labels, METRIC_NAME)} ${labelOf(labels, 'service_name')}`;
  const counted = new Set(own.filter(({ labels }) => labelOf(labels, 'service_name') !== '').map(whose));
  return counted.size === 0 ? made : made.filter((one) => !counted.has(whose(one)));
}
