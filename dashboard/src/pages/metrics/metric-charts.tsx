import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { ApiMetric } from '#core/api/charts.js';
import { useMetric } from '../../api/hooks.js';
import { useBar } from '../../api/session.js';
import { BandChart } from '../../charts/band-chart.js';
import { plural } from '../../format/name.js';
import { CopyText } from '../../parts/copy-text.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { rangeWords, resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { shortTitle, withMeans } from './series-names.js';
import { unitWord } from './unit-word.js';
import { Watched } from './watched.js';
import styles from './metrics.module.css';

const route = getRouteApi('/metrics');
/** As many as the server answers with. */
const MAX_SERIES = 12;

/** One metric as small charts, a series each, with one crosshair. */
export function MetricCharts({ name, metric }: { readonly name: string; readonly metric: ApiMetric | undefined }): ReactElement {
  const { service, labels } = route.useSearch();
  const navigate = useNavigate({ from: '/metrics' });
  const { range } = useRange();
  const { from, to } = resolveRange(range, useNow());
  const drawn = useMemo(() => ({ from, to }), [from, to]);
  const answer = useMetric(name, service, labels);
  const barred = useBar('editor') !== '';
  const query = answer.data?.promql ?? '';
  const unit = withMeans(answer.data?.charts ?? [])[0]?.unit || undefined;
  return (
    <div className="stack">
      <Watched metric={name} service={service} range={drawn} />
      <Section
        title={<CopyText mono text={name} most={56} />}
        note={metric && [metric.type === 'counter' ? 'counter, as rate per second' : metric.type === 'histogram' ? 'histogram, as its mean' : metric.type, unitWord(metric.unit)].filter(Boolean).join(' · ')}
        actions={
          <>
            {query !== '' && <Link to="/metrics/query" className="link" search={{ query, unit }} title="This metric in PromQL">Query</Link>}
            {query !== '' && !barred && <Link to="/metrics/query" className="link" search={{ query, unit, judge: 'yes' }} title="What would have been found in this time range">Backtest</Link>}
            <Link to="/metrics" search={(old) => ({ ...old, name: undefined, labels: undefined })} className={styles['back']}>All metrics</Link>
          </>
        }
      >
        <div className="stack">
          {metric && metric.description !== '' && <p className="dim">{metric.description}</p>}
          {metric && metric.services.length > 1 && (
            <ul className={styles['facets']} aria-label="Services that send it">
              <li><Link to="/metrics" search={(old) => ({ ...old, service: undefined })} className={styles['facet']} aria-current={service === undefined || undefined}>All services</Link></li>
              {metric.services.toSorted().map((one) => (
                <li key={one}><Link to="/metrics" search={(old) => ({ ...old, service: one })} className={styles['facet']} aria-current={one === service || undefined}>{one}</Link></li>
              ))}
            </ul>
          )}
          {((metric && metric.seriesCount > MAX_SERIES) || labels !== undefined) && <SearchField label="Label, such as pod=web-1" value={labels ?? ''} onChange={(next) => void navigate({ search: (old) => ({ ...old, labels: next || undefined }), replace: true })} />}
          <Part query={answer} name={`series of ${name}`} skeleton={<SkeletonBlock height={320} />}>
            {({ charts, matching }) => {
              const shown = withMeans(charts);
              return shown.length === 0 ? (
                <EmptyState title={`Nothing in ${rangeWords(range)}`}>The metric is known, but {service === undefined ? 'no series of it' : `no series of ${service}`}{labels === undefined ? '' : ` with “${labels}” in a label`} has a value in this time. Widen the time range{labels === undefined ? '' : ', or look for another label'}.</EmptyState>
              ) : (
                <div className="stack">
                  {matching > charts.length && <p className="faint small">The first {charts.length} of {plural(matching, 'series', 'series')}. Look for a label{metric && metric.services.length > 1 && service === undefined ? ', or choose a service,' : ''} to see others.</p>}
                  <div className={styles['charts']}>
                    {shown.map((chart) => (
                      <BandChart key={chart.title} chart={chart} title={<span title={chart.title}>{shortTitle(chart.title, name)}</span>} range={drawn} height={112} none="received, but no number to draw" />
                    ))}
                  </div>
                </div>
              );
            }}
          </Part>
        </div>
      </Section>
    </div>
  );
}
