import { Select } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import type { ApiMetric } from '#core/api/charts.js';
import { middle, plural } from '../../format/name.js';
import { number } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { SearchField } from '../../parts/search-field.js';
import { Section } from '../../parts/section.js';
import { useVirtualRows } from '../../parts/use-virtual-rows.js';
import { unitWord } from './unit-word.js';
import styles from './metrics.module.css';

const ROW = 46;
const route = getRouteApi('/metrics');

interface MetricListProps {
  readonly metrics: readonly ApiMetric[];
  /** How many were received, which may be more. */
  readonly all: number;
}

/** The metrics that were received, by name, service and text. */
export function MetricList({ metrics, all }: MetricListProps): ReactElement {
  const { q = '', service, name = '' } = route.useSearch();
  const navigate = useNavigate({ from: '/metrics' });
  const services = [...new Set(metrics.flatMap((metric) => metric.services))].toSorted();
  const shown = ownLast(metrics).filter((metric) => (service === undefined || metric.services.includes(service)) && `${metric.name} ${metric.description}`.toLowerCase().includes(q.toLowerCase()));
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows({ count: shown.length, box, height: ROW });
  const at = shown.findIndex((metric) => metric.name === name);
  const first = useRef(true);
  useEffect(() => {
    if (first.current && at >= 0) virtual.scrollToIndex(at, { align: 'center' });
    first.current = false;
  }, [at, virtual]);
  return (
    <Section title={plural(shown.length, 'metric')} note={all > metrics.length ? `of the first ${number(metrics.length)} by name; there are ${number(all)}` : shown.length < metrics.length ? `of ${number(metrics.length)}` : undefined} flush className={styles['list']}>
      <div className={styles['filters']}>
        <SearchField label="Name or description" width="100%" value={q} onChange={(next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true })} />
        <Select size="xs" searchable clearable aria-label="Service" placeholder="Any service" data={[...new Set([...services, ...(service === undefined ? [] : [service])])]} value={service ?? null} onChange={(next) => void navigate({ search: (old) => ({ ...old, service: next ?? undefined }) })} />
      </div>
      {shown.length === 0 && <EmptyState title="No metric matches">Remove the text or the service.</EmptyState>}
      <div ref={box} className={styles['scroll']}>
        <div className={styles['rows']} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const metric = shown[index];
            return (
              metric && (
                <Link key={metric.name} to="/metrics" search={(old) => ({ ...old, name: metric.name, labels: undefined })} className={styles['metric']} data-row tabIndex={0} aria-current={metric.name === name || undefined} style={{ transform: `translateY(${start}px)` }}>
                  <span className="mono cut" title={metric.description || metric.name}>{middle(metric.name, 42)}</span>
                  <span className={styles['about']}>
                    {[metric.type, unitWord(metric.unit), plural(metric.seriesCount, 'series', 'series')].filter(Boolean).join(' · ')}
                  </span>
                </Link>
              )
            );
          })}
        </div>
      </div>
    </Section>
  );
}

/** What Faultline says of itself comes after what it was sent. */
function ownLast(metrics: readonly ApiMetric[]): readonly ApiMetric[] {
  const isOwn = ({ name }: ApiMetric): boolean => name.startsWith('faultline_');
  return [...metrics.filter((metric) => !isOwn(metric)), ...metrics.filter(isOwn)];
}
