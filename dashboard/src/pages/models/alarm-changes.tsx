import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ApiChart } from '#core/api/charts.js';
import type { ApiAlarmChange, ApiModelDiff } from '#core/models.js';
import { useAskInRange } from '../../api/hooks.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import { plural } from '../../format/name.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { StateBadge } from '../../parts/state-badge.js';
import type { StateName } from '../../parts/state.js';
import { alarmKey, changeText, measureOf } from './wording.js';
import styles from './models.module.css';

const ICONS: Readonly<Record<ApiAlarmChange['change'], StateName>> = { added: 'warning', removed: 'silent', delayed: 'stale', earlier: 'ok' };
/** Shown before and after the start of an alarm. */
const AROUND_MS = 15 * 60_000;

const COLUMNS: readonly Column<ApiAlarmChange>[] = [
  { key: 'change', head: 'In shadow', width: '1%', cell: (row) => <StateBadge bare state={ICONS[row.change]}>{changeText(row)}</StateBadge> },
  { key: 'service', head: 'Service', cell: ({ series: { service } }) => <Link to="/services/$service" params={{ service }}>{service}</Link> },
  { key: 'measure', head: 'Series', cell: ({ series }) => <span>{measureOf(series)}{series.operation !== '' && <span className="faint"> {series.operation}</span>}</span> },
  { key: 'start', head: 'Began', numeric: true, cell: ({ startsAt }) => <RelativeTime at={startsAt} /> },
];

/** Alarms that the shadow would have raised otherwise, newest first. A row opens the chart of its series at that time. */
export function AlarmChanges({ diff: { name, changes, alarms } }: { readonly diff: ApiModelDiff }): ReactElement {
  const { alarm } = useSearch({ from: '/models' });
  const navigate = useNavigate({ from: '/models' });
  const opened = changes.find((change) => alarmKey(change) === alarm);
  return (
    <Section title="Alarms that it changes" note={changes.length === 0 ? undefined : `${plural(alarms.added, 'is', 'are')} added, ${alarms.removed} removed; open a row for its series`} flush>
      {opened && <Exhibit change={opened} />}
      <DataTable
        label={`Alarms that ${name} changes`} columns={COLUMNS} rows={changes} rowKey={alarmKey} onOpen={(row) => void navigate({ search: (old) => ({ ...old, alarm: alarmKey(row) === alarm ? undefined : alarmKey(row) }), replace: true })}
        empty={<p className={styles['quiet']}><StateBadge bare state="ok">None</StateBadge> <span className="dim">{alarms.active === 0 ? 'Neither has raised an alarm since the comparison began.' : 'It raised every alarm that the active models raised, and no other.'}</span></p>}
      />
    </Section>
  );
}

function Exhibit({ change: { change, series, startsAt } }: { readonly change: ApiAlarmChange }): ReactElement {
  const range = { from: String(startsAt - AROUND_MS), to: String(startsAt + AROUND_MS) };
  const chart = useAskInRange<ApiChart>(`/api/series/${encodeURIComponent(series.id)}`, {}, { range, keep: false });
  return (
    <div className={styles['exhibit']}>
      <ChartLegend marks={['onset']} />
      <Part query={chart} name="series with its band" skeleton={<SkeletonBlock height={132} />}>
        {(data) => <BandChart chart={data} title={`${series.service} ${measureOf(series)}`} range={{ from: startsAt - AROUND_MS, to: startsAt + AROUND_MS }} height={112} marks={[{ at: startsAt, label: change === 'removed' ? 'alarm of the active models' : 'alarm in shadow', tone: 'critical' }]} />}
      </Part>
    </div>
  );
}
