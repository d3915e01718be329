import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useMetrics } from '../../api/hooks.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { MetricCharts } from './metric-charts.js';
import { MetricList } from './metric-list.js';
import styles from './metrics.module.css';

const route = getRouteApi('/metrics');

export function MetricsPage(): ReactElement {
  const { name = '' } = route.useSearch();
  const answer = useMetrics();
  return (
    <div className="stack">
      <PageHead title="Metrics">
        <Link to="/metrics/query" className="link">Query with PromQL</Link>
      </PageHead>
      <Part query={answer} name="metrics" skeleton={<SkeletonBlock height={560} />}>
        {({ metrics, matching }) =>
          metrics.length === 0 ? (
            <Section title="Received metrics" flush>
              <EmptyState title="No metrics yet">
                Metrics that services export over OTLP appear here by name, each series as a small chart, and the detector learns a band for them. <Link to="/status">Status</Link> shows how to send some.
              </EmptyState>
            </Section>
          ) : (
            <div className={styles['split']} data-chosen={name !== '' || undefined}>
              <MetricList metrics={metrics} all={matching} />
              {name === '' ? (
                <Section title="Choose a metric" flush className={styles['invite']}>
                  <EmptyState title="Each series becomes a small chart">Counters show as rates per second, histograms as their mean. Charts share one crosshair; a drag zooms all of them. j and k walk the list, Enter opens.</EmptyState>
                </Section>
              ) : (
                <MetricCharts key={name} name={name} metric={metrics.find((metric) => metric.name === name)} />
              )}
            </div>
          )
        }
      </Part>
    </div>
  );
}
