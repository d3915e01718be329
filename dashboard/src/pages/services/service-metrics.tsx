import type { ReactElement } from 'react';
import type { ApiServiceMetrics } from '#core/api/services.js';
import type { Series } from '#core/types.js';
import { useAskInRange } from '../../api/hooks.js';
import { inPath } from '../../api/service-path.js';
import { BandChart } from '../../charts/band-chart.js';
import { plural } from '../../format/name.js';
import { Section } from '../../parts/section.js';
import { resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import styles from './services.module.css';

/** What its processes report beside requests, or what is measured of a host; nothing where there is nothing. */
export function ServiceMetrics({ service }: { readonly service: string }): ReactElement | null {
  const { data } = useAskInRange<ApiServiceMetrics>(`/api/services/${encodeURIComponent(inPath(service))}/metrics`, {}, { keep: false });
  const { range } = useRange();
  const { from, to } = resolveRange(range, useNow());
  if (!data || data.metrics.length === 0) return null;
  const { metrics, all } = data;
  return (
    <Section title="Metrics" note={metrics.length < all ? `the ${metrics.length} most unusual of ${all} of the last hour` : `${plural(all, 'metric')}, the most unusual of the last hour first`}>
      <div className={styles['charts']}>
        {metrics.map((chart) => chart.series && <BandChart key={chart.series.id} chart={chart} title={<Title words={chart.title} series={chart.series} />} height={120} range={{ from, to }} />)}
      </div>
    </Section>
  );
}

/** Its words, and what tells it from others of the name. */
function Title({ words, series: { metric, labels } }: { readonly words: string; readonly series: Series }): ReactElement {
  const told = Object.entries(labels).filter(([name]) => name !== 'job' && name !== 'signal').map(([name, value]) => `${name} ${value}`);
  return <span title={[metric, ...told].join(', ')}>{words}{told.length > 0 && <span className="faint small"> {told.join(', ')}</span>}</span>;
}
