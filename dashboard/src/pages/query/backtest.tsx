import { Button } from '@mantine/core';
import { useMemo, type ReactElement } from 'react';
import type { ApiBacktest, ApiEpisode } from '#core/backtest.js';
import { useBacktest } from '../../api/backtest.js';
import { BandChart } from '../../charts/band-chart.js';
import { ChartLegend } from '../../charts/chart-legend.js';
import { bandText } from '../../charts/describe.js';
import type { Mark } from '../../charts/plot.js';
import { duration, lasting } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { number, significant } from '../../format/number.js';
import { valueIn } from '../../format/value.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Facts } from '../../parts/facts.js';
import { Part } from '../../parts/part.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { rangeWords, type RangeMs } from '../../time/range.js';
import { useRange } from '../../time/use-range.js';
import styles from './query.module.css';

const DAY = 86_400_000;

interface BacktestProps {
  readonly query: string;
  readonly unit: string;
  readonly range: RangeMs;
  readonly onClose: () => void;
}

/** What would have been found in the range, judged by the long memory. */
export function Backtest({ query, unit, range, onClose }: BacktestProps): ReactElement {
  const answer = useBacktest(query);
  return (
    <Section
      title="Backtest"
      note="what would have been found"
      actions={
        <>
          <Button size="compact-xs" variant="default" loading={answer.isFetching} onClick={() => void answer.refetch()}>Judge again</Button>
          <Button size="compact-xs" variant="subtle" onClick={onClose}>Close</Button>
        </>
      }
    >
      <Part query={answer} name="backtest" skeleton={<SkeletonBlock height={220} />}>
        {(data) => <Verdict data={data} unit={unit} range={range} />}
      </Part>
    </Section>
  );
}

function Verdict({ data: { series, summary, stepMs, left }, unit, range }: { readonly data: ApiBacktest; readonly unit: string; readonly range: RangeMs }): ReactElement {
  const { range: chosen } = useRange();
  // The range moves on while the answer stays.
  const drawn = useMemo(() => {
    const last = Math.max(...series.map(({ chart }) => chart.times.at(-1) ?? 0));
    return last > 0 && last < range.to - 2 * stepMs ? { from: range.from - (range.to - last), to: last } : range;
  }, [series, range, stepMs]);
  if (series.length === 0) return <EmptyState title={`Nothing in ${rangeWords(chosen)}`}>The query has no series of numbers then. Widen the time range or change the query.</EmptyState>;
  return (
    <div className="stack">
      <Facts
        label="Summary of the backtest"
        facts={[
          { label: 'Alarms per day', value: significant(summary.alarmsPerDay), note: 'of one series' },
          { label: 'Episodes', value: number(summary.episodes), note: `over ${lasting(summary.seriesDays * DAY)} of series`, ...(summary.episodes > 0 ? { tone: 'critical' as const } : {}) },
          { label: 'Judged', value: plural(series.length, 'series', 'series'), note: left > 0 ? `${number(left)} more not judged: narrow the query` : `${number(summary.points)} points` },
          { label: 'Step', value: duration(stepMs), note: learnedNote(series) },
        ]}
      />
      <ChartLegend marks={['alert']} />
      <div className={series.length === 1 ? undefined : styles['charts']}>
        {series.map(({ chart, episodes }) => (
          <BandChart
            key={chart.title}
            chart={{ ...chart, unit }}
            title={<span title={chart.title}>{chart.title} <span className="faint">{episodes.length > 0 && plural(episodes.length, 'episode')}</span></span>}
            range={drawn}
            height={series.length === 1 ? 240 : 132}
            marks={episodes.map(({ at }): Mark => ({ at, label: 'alert', tone: 'critical' }))}
          />
        ))}
      </div>
      {summary.episodes > 0 && <DataTable label="Episodes" columns={columnsOf(unit)} rows={series.flatMap(({ chart: { title }, episodes }) => episodes.map((episode) => ({ title, ...episode }))).toSorted((a, b) => b.at - a.at)} rowKey={({ title, at }) => `${at} ${title}`} />}
    </div>
  );
}

const columnsOf = (unit: string): readonly Column<ApiEpisode & { readonly title: string }>[] => [
  { key: 'at', head: 'Alert', width: '1%', cell: ({ at }) => <RelativeTime at={at} /> },
  { key: 'series', head: 'Series', cell: ({ title }) => title },
  { key: 'value', head: 'Value', numeric: true, width: '1%', cell: ({ value }) => valueIn(unit, value) },
  { key: 'expected', head: 'Expected', numeric: true, width: '1%', cell: ({ lower, upper }) => bandText(lower, upper, unit) },
];

/** A judge that has seen little says little: at least the shortest history of all series. */
function learnedNote(series: ApiBacktest['series']): string {
  const least = Math.min(...series.map(({ learned }) => learned));
  return least === 0 ? 'nothing known before the range' : `learned from ${number(least)} before`;
}
