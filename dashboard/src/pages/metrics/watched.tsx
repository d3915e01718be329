import type { ReactElement } from 'react';
import type { Anomaly } from '#core/types.js';
import { useOpenIncidents, useSeries, useStatus } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import type { RangeMs } from '../../time/range.js';
import styles from './metrics.module.css';

const MOST = 4;

interface WatchedProps {
  readonly metric: string;
  readonly service: string | undefined;
  readonly range: RangeMs;
}

/** Series of this metric that are outside their band now, or speak for an open incident, with the band. Nothing when there are none. */
export function Watched({ metric, service, range }: WatchedProps): ReactElement | null {
  const now = useStatus().data?.detector.anomalies ?? [];
  const evidence = useOpenIncidents().data?.incidents.flatMap((incident) => incident.evidence) ?? [];
  const own = [...now, ...evidence].filter(({ series }) => series.kind === 'metric' && series.metric === metric && (service === undefined || series.service === service));
  const distinct = own.filter(({ series }, index) => own.findIndex((one) => one.series.id === series.id) === index).slice(0, MOST);
  if (distinct.length === 0) return null;
  return (
    <Section title="Outside the band">
      <div className="stack">
        <ChartLegend marks={['onset']} />
        <div className={styles['charts']}>
          {distinct.map((anomaly) => (
            <Exhibit key={anomaly.series.id} anomaly={anomaly} range={range} />
          ))}
        </div>
      </div>
    </Section>
  );
}

function Exhibit({ anomaly, range }: { readonly anomaly: Anomaly; readonly range: RangeMs }): ReactElement {
  const series = useSeries(anomaly.series.id);
  return (
    <Part query={series} name="series with its band" skeleton={<SkeletonBlock height={132} />}>
      {(chart) => <BandChart chart={chart} title={anomaly.series.service} range={range} height={112} marks={[{ at: anomaly.startsAt, label: 'onset', tone: 'critical' }]} />}
    </Part>
  );
}
