import { Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import type { ApiScaling, ApiScalingDecision } from '#core/api/slos.js';
import { useScaling } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import type { Mark } from '../../charts/plot.js';
import { lasting } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { rangeWords, resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';

const EXAMPLE = `alerts:
  autoscale:
    policies:
      - name: checkout
        service: checkout
        target_per_replica: 25   # requests/s that one replica should take
        max_replicas: 20
        dry_run: true            # decide and record, send nothing`;

const COLUMNS: readonly Column<ApiScalingDecision>[] = [
  { key: 'at', head: 'Decided', width: '1%', cell: ({ at }) => <RelativeTime at={at} /> },
  { key: 'change', head: 'Replicas', width: '1%', cell: ({ current, desired }) => <strong>{current === desired ? `stays\u00a0${current}` : `${current} → ${desired}`}</strong> },
  { key: 'state', head: '', width: '1%', wideOnly: true, cell: ({ applied, reason }) => <span className="faint">{applied ? 'accepted' : reason.startsWith('dry run') ? 'dry run' : 'decided'}</span> },
  { key: 'reason', head: 'Why', cell: ({ reason }) => reason.replace(/^dry run: /, '') },
];

/** What each autoscaling policy saw, foresaw and decided. */
export function ScalingPage(): ReactElement {
  const { range } = useRange();
  return (
    <div className="stack">
      <PageHead title="Scaling" note="replicas before they are needed" />
      <Part query={useScaling()} name="policies" skeleton={<SkeletonBlock height={320} />}>
        {({ policies }) =>
          policies.length === 0 ? (
            <Section title="Policies" flush>
              <EmptyState title={`No policy measured a load in ${rangeWords(range)}`} snippet={EXAMPLE} snippetLabel="faultline.yaml">
                A policy forecasts the load of a service from its spans and asks a webhook for replicas before they are needed. Put one into the configuration with <code>dry_run</code> and restart: its load appears here within a minute, its forecast and its decisions once ten minutes are on record, and nothing is sent. Where the decisions are right, give it the <code>url</code> that sets the replicas and take <code>dry_run</code> out. One that was here before is found in a longer time; <Link to="/services">Services</Link> shows whose requests are seen at all.
              </EmptyState>
            </Section>
          ) : (
            <>
              {policies.map((policy) => <Policy key={policy.policy} {...policy} />)}
            </>
          )
        }
      </Part>
    </div>
  );
}

function Policy({ policy, service, horizonMs, replicas, chart, decisions }: ApiScaling): ReactElement {
  const { range } = useRange();
  const { from, to } = resolveRange(range, useNow());
  const drawn = useMemo(() => ({ from, to: to + horizonMs }), [from, to, horizonMs]);
  return (
    <Section title={policy} note={<><Link to="/services/$service" params={{ service }} className="link">{service}</Link> · {replicas === null ? 'nothing decided yet' : plural(replicas, 'replica')}</>}>
      <div className="stack">
        <ChartLegend marks={decisions.length > 0 ? ['decision'] : []} />
        <BandChart
          chart={chart}
          title={<>Load <span className="faint">beside what was expected {lasting(horizonMs)} before</span></>}
          range={drawn}
          height={200}
          marks={decisions.map(({ at, current, desired }): Mark => ({ at, label: `${current} → ${desired}`, tone: 'info' }))}
        />
        <DataTable label={`Decisions of ${policy}`} columns={COLUMNS} rows={decisions} rowKey={({ at, desired, applied }) => `${at} ${desired} ${applied}`} empty={<p className="dim">No decision in {rangeWords(range)}: the load needed no other number of replicas.</p>} />
      </div>
    </Section>
  );
}
