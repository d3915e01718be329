import { Button, Select } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { useRangeQuery, type PromAnswer } from '../../api/prometheus.js';
import { useBar } from '../../api/session.js';
import { hueOf, LinesChart } from '../../charts/lines-chart.js';
import { lasting } from '../../format/duration.js';
import { plural } from '../../format/name.js';
import { clock } from '../../format/time.js';
import { SHARE, valueIn } from '../../format/value.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { EmptyState } from '../../parts/empty-state.js';
import { PageHead } from '../../parts/page-head.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { TakesRole } from '../../parts/takes-role.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { rangeWords, resolveRange } from '../../time/range.js';
import { useNow } from '../../time/use-now.js';
import { useRange } from '../../time/use-range.js';
import { Backtest } from './backtest.js';
import { linesOf, type Line } from './columns.js';
import { PromqlEditor } from './promql-editor.js';
import styles from './query.module.css';

const route = getRouteApi('/metrics/query');

const UNITS = [{ value: '', label: 'Plain numbers' }, { value: SHARE, label: 'Share, 0 to 1' }, { value: '%', label: 'Percent' }, { value: 's', label: 'Seconds' }, { value: 'ms', label: 'Milliseconds' }, { value: 'By', label: 'Bytes' }, { value: 'By/s', label: 'Bytes per second' }, { value: '1/s', label: 'Per second' }];

const EXAMPLES = [
  { says: 'Requests per second of each service', unit: '1/s', query: 'sum by (service_name) (rate(traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER"}[5m]))' },
  { says: 'Share of requests that fail', unit: SHARE, query: 'sum by (service_name) (rate(traces_span_metrics_calls_total{status_code="STATUS_CODE_ERROR"}[5m])) / sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))' },
  { says: 'Latency, 95th percentile', unit: 'ms', query: 'max by (service_name) (traces_span_metrics_duration_milliseconds{quantile="0.95"})' },
  { says: 'Series outside their band', unit: '', query: 'max by (service, metric) (faultline_anomaly_score) > 1' },
] as const;

/** PromQL over everything that is stored: as lines, as a table, and judged. */
export function QueryPage(): ReactElement {
  const { query = '', unit = '', judge } = route.useSearch();
  const navigate = useNavigate({ from: '/metrics/query' });
  const [text, setText] = useState(query);
  const [known, setKnown] = useState(query);
  if (known !== query) {
    setKnown(query);
    setText(query);
  }
  const { range } = useRange();
  const { from, to } = resolveRange(range, useNow());
  const drawn = useMemo(() => ({ from, to }), [from, to]);
  const answer = useRangeQuery(query);
  const bar = useBar('editor');
  const ask = (next: 'yes' | undefined): void => {
    const asked = text.trim();
    if (asked === query && next === judge) void answer.refetch();
    else void navigate({ search: (old) => ({ ...old, query: asked || undefined, judge: next }) });
  };
  const close = (): void => void navigate({ search: (old) => ({ ...old, judge: undefined }) });
  const units = UNITS.some(({ value }) => value === unit) ? UNITS : [...UNITS, { value: unit, label: unit }];
  return (
    <div className="stack">
      <PageHead title="Query" note="PromQL over everything that is stored" />
      <Section title="PromQL" note="Enter runs, Shift-Enter makes a line">
        <div className={styles['ask']}>
          <PromqlEditor value={text} onChange={setText} onRun={() => ask(judge)} />
          <div className="row wraps">
            <Button size="xs" loading={answer.isFetching} disabled={text.trim() === ''} onClick={() => ask(judge)}>Run</Button>
            <TakesRole role="editor" brief><Button size="xs" variant="default" disabled={text.trim() === '' || judge !== undefined} title="What would have been found in this time range" onClick={() => ask('yes')}>Backtest</Button></TakesRole>
            <Select size="xs" aria-label="Unit of the answer" allowDeselect={false} data={units} value={unit} onChange={(next) => void navigate({ search: (old) => ({ ...old, unit: next || undefined }), replace: true })} />
          </div>
          {query === '' && (
            <div className={styles['examples']}>
              {EXAMPLES.map((example) => (
                <button key={example.query} type="button" className={styles['example']} onClick={() => void navigate({ search: (old) => ({ ...old, query: example.query, unit: example.unit || undefined }) })}>
                  {example.says} <code>{example.query}</code>
                </button>
              ))}
            </div>
          )}
        </div>
      </Section>
      {judge && query !== '' && bar === '' && <Backtest key={query} query={query} unit={unit} range={drawn} onClose={close} />}
      {judge && query !== '' && bar !== '' && (
        <Section title="Backtest" flush actions={<Button size="compact-xs" variant="subtle" onClick={close}>Close</Button>}>
          <EmptyState title="This is not allowed">{bar}</EmptyState>
        </Section>
      )}
      {query !== '' && (
        <Part query={answer} name="answer" skeleton={<SkeletonBlock height={360} />}>
          {(data) => <Result data={data} unit={unit} />}
        </Part>
      )}
    </div>
  );
}

function Result({ data, unit }: { readonly data: PromAnswer; readonly unit: string }): ReactElement {
  const { range } = useRange();
  const shown = useMemo(() => linesOf(data), [data]);
  const [only, setOnly] = useState<string | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const values = useMemo(() => shown.lines.map((line) => line.values), [shown]);
  const rows = shown.lines.map((line, index) => ({ ...line, index }));
  const chosen = rows.find(({ name }) => name === only)?.index ?? null;
  const at = cursor === null ? undefined : shown.times[cursor];
  return (
    <Section title={plural(data.series.length, 'series', 'series')} note={`a point every ${lasting(data.range.stepMs)}; drawn, not judged: Backtest judges it`}>
      <div className="stack">
        {data.remarks.map((remark) => <p key={remark} className={styles['remark']}>{remark}</p>)}
        {shown.histograms > 0 && <p className={styles['remark']}>{plural(shown.histograms, 'series is', 'series are')} of native histograms: histogram_quantile() or histogram_avg() makes lines of them.</p>}
        {shown.left > 0 && <p className={styles['remark']}>The {shown.lines.length} that reach highest are shown: aggregate, or narrow the selector, to see the other {shown.left}.</p>}
        {rows.length === 0 ? (
          <EmptyState title={`Nothing in ${rangeWords(range)}`}>No series matches then. Widen the time range or change the query.</EmptyState>
        ) : (
          <>
            <LinesChart times={shown.times} lines={values} only={chosen} unit={unit} range={data.range} height={280} label={`${plural(rows.length, 'series', 'series')} over time; the table below has their values`} onCursor={setCursor} />
            <DataTable label="Series" columns={columnsOf({ unit, only, onOnly: setOnly, cursor, when: at === undefined ? 'Last' : clock(at, data.range.to) })} rows={rows} rowKey={({ name }) => name} />
          </>
        )}
      </div>
    </Section>
  );
}

interface ColumnsInput {
  readonly unit: string;
  readonly only: string | null;
  readonly onOnly: (name: string | null) => void;
  readonly cursor: number | null;
  readonly when: string;
}

function columnsOf({ unit, only, onOnly, cursor, when }: ColumnsInput): readonly Column<Line & { readonly index: number }>[] {
  return [
    {
      key: 'name', head: 'Series',
      cell: ({ name, index }) => (
        <button type="button" className={styles['name']} aria-pressed={only === name} data-faded={(only !== null && only !== name) || undefined} title="This one alone" onClick={() => onOnly(only === name ? null : name)}>
          <span aria-hidden className={styles['swatch']} style={{ background: `var(${hueOf(index)})` }} />
          {name}
        </button>
      ),
    },
    { key: 'value', head: when, numeric: true, width: '1%', cell: ({ values, last }) => <strong>{valueIn(unit, cursor === null ? last : values[cursor])}</strong> },
    { key: 'min', head: 'Least', numeric: true, width: '1%', wideOnly: true, cell: ({ min }) => valueIn(unit, min) },
    { key: 'mean', head: 'Mean', numeric: true, width: '1%', wideOnly: true, cell: ({ mean }) => valueIn(unit, mean) },
    { key: 'max', head: 'Most', numeric: true, width: '1%', cell: ({ max }) => valueIn(unit, max) },
  ];
}
