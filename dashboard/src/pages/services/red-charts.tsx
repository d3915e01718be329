import { useMemo, type ReactElement } from 'react';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiChange, ChangeKind } from '#core/api/services.js';
import type { Anomaly } from '#core/types.js';
import { useAskInRange } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import type { Mark } from '../../charts/plot.js';
import { Section } from '../../parts/section.js';
import { resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { hasBand, kindOf, withoutLast } from './red-chart.js';
import styles from './services.module.css';

/** What was done to a service, not what came of it. */
const DONE: ReadonlySet<ChangeKind> = new Set(['deploy', 'rollback', 'configuration', 'scaling', 'restart']);

interface RedChartsProps {
  readonly charts: readonly ApiChart[];
  readonly changes: readonly ApiChange[];
  /** Anomalies of this service in open incidents. */
  readonly evidence: readonly Anomaly[];
}

/** Requests, errors and latency with one crosshair, what changed as lines, and the onset where an incident is open. */
export function RedCharts({ charts, changes, evidence }: RedChartsProps): ReactElement {
  const lines = useMemo(() => changes.filter(({ kind }) => DONE.has(kind)).map(({ text, at }): Mark => ({ at, label: text, tone: 'info' })), [changes]);
  const marks = [...(evidence.length > 0 ? (['onset'] as const) : []), ...(lines.length > 0 ? (['change'] as const) : [])];
  return (
    <Section title="Requests, errors, latency" note="drag to zoom">
      <div className="stack">
        <ChartLegend marks={marks} />
        <div className={styles['charts']}>
          {charts.map((chart) => (
            <RedChart key={chart.title} chart={chart} changes={lines} anomaly={evidence.find(({ series }) => series.operation === '' && series.kind === kindOf(chart)) ?? null} />
          ))}
        </div>
      </div>
    </Section>
  );
}

/** With its band from the detector's own record of the series, where an anomaly names it. */
function RedChart({ chart, changes, anomaly }: { readonly chart: ApiChart; readonly changes: readonly Mark[]; readonly anomaly: Anomaly | null }): ReactElement {
  const { live, range } = useRange();
  const { from, to } = resolveRange(range, useNow());
  const drawn = useMemo(() => ({ from, to }), [from, to]);
  const id = anomaly?.series.id ?? '';
  const watched = useAskInRange<ApiChart>(`/api/series/${encodeURIComponent(id)}`, {}, { enabled: id !== '' && !hasBand(chart) }).data;
  const shown = useMemo(() => (id !== '' && watched && hasBand(watched) ? watched : live ? withoutLast(chart) : chart), [chart, watched, id, live]);
  const onset = anomaly?.startsAt ?? null;
  const marks = useMemo(() => (onset === null ? changes : [...changes, { at: onset, label: 'onset', tone: 'critical' as const }]), [changes, onset]);
  return <BandChart chart={shown} title={chart.title} height={140} marks={marks} range={drawn} />;
}
