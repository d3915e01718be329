import { labelValue } from '#core/labels.js';
import { QueryError, type PromMetadata, type PromScope } from '#core/promql.js';
import { regexRoom } from '#core/regex.js';
import type { Labels } from '#core/types.js';
import { keyOf, METRIC_NAME, toRecord, fromRecord } from './labels.js';
import { parseMatchers } from './parse.js';
import type { SelectLimits } from './source.js';
import type { IndexScope, SeriesIndex } from './store/metadata.js';
import type { AllSources } from './virtual/sources.js';

/** A question without a range looks at virtual series this far back, because finding them means reading them. */
const VIRTUAL_RANGE_MS = 3_600_000;

/** Which series, labels and metrics there are: those received and the virtual ones. */
export function createQuestions(index: SeriesIndex, { virtual, virtualMetrics }: Pick<AllSources, 'virtual' | 'virtualMetrics'>, limits: SelectLimits) {
  const parsed = ({ selectors, ...rest }: PromScope): IndexScope => {
    const room = regexRoom();
    return { ...rest, selectors: [...new Set(selectors)].map((text) => parseMatchers(text, room)) };
  };

  /** Nothing is in a window that ends before it begins. */
  const within = async <T>(scope: PromScope, read: (asked: IndexScope) => Promise<readonly T[]>): Promise<readonly T[]> => {
    const asked = parsed(scope);
    return asked.to < asked.from ? [] : read(asked);
  };

  async function virtualSeries({ selectors, from, to, signal }: IndexScope): Promise<Labels[]> {
    const found = new Map<string, Labels>();
    for (const matchers of selectors) {
      if (signal?.aborted) throw new QueryError('canceled', 'the question was canceled between two selectors');
      for (const { labels } of await virtual.select(matchers, Math.max(from, to - VIRTUAL_RANGE_MS), to, { ...limits, signal })) found.set(keyOf(labels), toRecord(labels));
    }
    return [...found.values()];
  }

  const names = Object.keys(virtualMetrics);
  const cut = <T>(all: readonly T[], limit: number): readonly T[] => (limit > 0 ? all.slice(0, limit) : all);
  const merged = (a: readonly string[], b: readonly string[], limit: number): readonly string[] => cut([...new Set([...a, ...b])].toSorted(), limit);

  return {
    series: (scope: PromScope): Promise<readonly Labels[]> => within(scope, async (asked) => cut([...(await index.series(asked)), ...(await virtualSeries(asked))], scope.limit)),
    labelNames: (scope: PromScope): Promise<readonly string[]> => within(scope, async (asked) => {
      const made = (await virtualSeries(asked)).flatMap((labels) => fromRecord(labels).filter((_text, at) => at % 2 === 0));
      return merged(await index.labelNames(asked), made, scope.limit);
    }),
    labelValues: (name: string, scope: PromScope): Promise<readonly string[]> => within(scope, async (asked) => {
      const made = asked.selectors.length === 0 ? (name === METRIC_NAME ? names : []) : (await virtualSeries(asked)).flatMap((labels) => labelValue(labels, name) || []);
      return merged(await index.labelValues(name, asked), made, scope.limit);
    }),
    async metadata(metric: string, limit: number): Promise<Readonly<Record<string, readonly PromMetadata[]>>> {
      const made = names.filter((name) => metric === '' || name === metric).map((name): [string, PromMetadata[]] => [name, virtualMetrics[name] ? [virtualMetrics[name]] : []]);
      return Object.fromEntries(cut([...Object.entries(await index.metadata(metric, limit)), ...made], limit));
    },
  };
}
