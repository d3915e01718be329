import './language.js';
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';
import uPlot from 'uplot';
import type { ApiChart } from '#core/api/charts.js';
import { clock } from '../format/time.js';
import { valueIn } from '../format/value.js';
import type { Stop } from '../parts/roving.js';
import { between, type RangeMs } from '../time/range.js';
import { useNow } from '../time/use-now.js';
import { useRange } from '../time/use-range.js';
import { bandText, describeChart, unitOf } from './describe.js';
import { judgedNote } from './judged.js';
import { dataOf, plotOptions, type Mark } from './plot.js';
import { bounded, isOutside, lastPoint, shape, type Shaped } from './shape.js';
import { usePlot } from './use-plot.js';
import styles from './band-chart.module.css';

interface BandChartProps {
  readonly chart: ApiChart;
  /** Left of the readout; the chart's own title when left out. */
  readonly title?: ReactNode;
  readonly height?: number;
  readonly marks?: readonly Mark[];
  /** First and last moment drawn; those of the data when left out. */
  readonly range?: RangeMs | null;
  /** Charts with the same key share one crosshair. */
  readonly syncKey?: string;
  /** Said where there is no point to show. */
  readonly none?: string;
  /** Where it is one of many that the Tab key passes as one. */
  readonly stop?: Stop;
}

const NOW_MS = 60_000;
const DESCRIBED_MS = 30_000;
const NO_MARKS: readonly Mark[] = [];

/** A series over time: value, expected, band, marks. Dragging sets the page's time range; the arrow keys move the crosshair. */
export function BandChart({ chart: given, title, height = 120, marks = NO_MARKS, range = null, syncKey = 'page', none = 'no data in this range', stop }: BandChartProps): ReactElement {
  const chart = useMemo(() => bounded(given), [given]);
  const [index, setIndex] = useState<number | null>(null);
  const scheme = useComputedColorScheme('dark');
  const shaped = useMemo(() => shape(chart), [chart]);
  const { set } = useRange();
  const unit = unitOf(chart);
  const now = useNow(DESCRIBED_MS);
  const note = chart.judged ? judgedNote(chart.judged, now) : null;
  // What the plot reads when it draws or is dragged: always this render's, without a new plot.
  const current = useRef({ marks, range, set, shaped });
  useLayoutEffect(() => {
    current.current = { marks, range, set, shaped };
  });

  const { box, plot } = usePlot(
    (element, width) =>
      new uPlot(
        plotOptions({
          unit, height, syncKey, width,
          marks: () => current.current.marks, range: () => current.current.range, onCursor: setIndex,
          onSelect: (from, to) => current.current.set(between(from, to)),
        }),
        dataOf(current.current.shaped),
        element,
      ),
    height,
    `${unit} ${syncKey} ${scheme}`,
  );

  useEffect(() => plot.current?.setData(dataOf(shaped)), [plot, shaped, range?.from, range?.to, marks]);

  return (
    <figure className={styles['chart']}>
      <figcaption className={styles['head']}>
        <span className={styles['title']}>{title ?? chart.title}</span>
        <Readout chart={chart} shaped={shaped} index={index} unit={unit} now={now} none={none} />
        {note && note.short !== '' && <span className={styles['judged']} title={note.whole}>{note.short}</span>}
      </figcaption>
      <div
        ref={box}
        className={styles['plot']}
        style={{ height }}
        role="img"
        tabIndex={0}
        {...stop}
        aria-label={describeChart(chart, now, none)}
        onKeyDown={(event) => plot.current && moveCursor(event, plot.current)}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
    </figure>
  );
}

/** The point under the crosshair, or the last one. */
function Readout({ chart, shaped, index, unit, now, none }: { readonly chart: ApiChart; readonly shaped: Shaped; readonly index: number | null; readonly unit: string; readonly now: number; readonly none: string }): ReactElement {
  const hovered = index === null ? undefined : shaped.times[index];
  const last = lastPoint(chart);
  const point = index !== null && hovered !== undefined ? { at: hovered, value: shaped.values[index] ?? null, lower: shaped.lower[index] ?? null, upper: shaped.upper[index] ?? null } : last;
  if (!point) return <span className={styles['readout']}>{none}</span>;
  const band = bandText(point.lower, point.upper, unit);
  const fresh = hovered === undefined && now - point.at < NOW_MS;
  return (
    <span className={styles['readout']}>
      {band !== '' && <span className={styles['expected']}><span className={styles['word']}>expected </span>{band}</span>}
      <span className={styles['when']}>{fresh ? 'now' : clock(point.at, now)}</span>
      <strong data-outside={isOutside(point.value, point.lower, point.upper) || undefined}>{valueIn(unit, point.value)}</strong>
    </span>
  );
}

function moveCursor(event: KeyboardEvent, plot: uPlot): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const times = plot.data[0];
  const from = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? times.length - 1) : times.length;
  const at = times[Math.min(times.length - 1, Math.max(0, from + step))];
  if (at !== undefined) plot.setCursor({ left: plot.valToPos(at, 'x'), top: 10 });
}
