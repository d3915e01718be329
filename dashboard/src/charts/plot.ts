import './language.js';
import uPlot from 'uplot';
import type { UnixMs } from '#core/types.js';
import { valueIn } from '../format/value.js';
import { tickSpace, tickText } from '../time/ticks.js';
import { valueRange, type Shaped } from './shape.js';

/** A moment worth a line across the chart, or a ring around its value. */
export interface Mark {
  readonly at: UnixMs;
  /** Where the ring is drawn, in the series' own unit; a line when left out. */
  readonly value?: number;
  /** In words: "onset", "deploy 2.3.1". */
  readonly label: string;
  readonly tone: 'critical' | 'info' | 'quiet';
}

export interface PlotInput {
  readonly unit: string;
  readonly width: number;
  readonly height: number;
  /** Charts with one key share a crosshair. */
  readonly syncKey: string;
  /** Read at each draw, so that a change needs no new plot. */
  readonly marks: () => readonly Mark[];
  readonly range: () => { readonly from: UnixMs; readonly to: UnixMs } | null;
  readonly onCursor: (index: number | null) => void;
  readonly onSelect: (from: UnixMs, to: UnixMs) => void;
}

const FONT = '11px ui-sans-serif, system-ui, "Segoe UI", Roboto, "Open Sans", sans-serif';

export function dataOf({ times, upper, lower, expected, values, outside }: Shaped): uPlot.AlignedData {
  return [times, upper, lower, expected, values, outside];
}

/** Steps of an axis of bytes: powers of two are what its units are made of. */
const BYTE_STEPS = Array.from({ length: 60 }, (_, power) => 2 ** power);

type BaseInput = Pick<PlotInput, 'unit' | 'width' | 'height' | 'range' | 'onCursor' | 'onSelect'>;

/** A colour of the palette as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Axes, crosshair and selection, the same for every plot. */
export function baseOptions({ unit, width, height, range, onCursor, onSelect }: BaseInput): Omit<uPlot.Options, 'series'> {
  const axis: uPlot.Axis = { stroke: () => colour('--text-3'), font: FONT, ticks: { show: false }, grid: { stroke: () => colour('--grid'), width: 1 } };
  return {
    width, height, ms: 1, padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => null } },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true, range: (_plot, low, high) => { const fixed = range(); return fixed ? [fixed.from, fixed.to] : [low, high]; } },
      y: { range: (_plot, low, high) => [...valueRange({ upper: [], lower: [], expected: [], values: [low, high] })] },
    },
    axes: [
      { ...axis, size: 24, gap: 4, space: (_plot, _axis, low, high, across) => tickSpace(high - low, across), values: (_plot, splits, _axis, _space, increment) => splits.map((at) => tickText(at, increment)) },
      { ...axis, size: 58, gap: 6, space: 28, ...(/^By(\/s)?$/.test(unit) ? { incrs: BYTE_STEPS } : {}), values: (_plot, splits) => splits.map((value) => valueIn(axisUnit(unit), value)) },
    ],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.left === undefined || plot.cursor.left < 0 ? null : (plot.cursor.idx ?? null))],
      setSelect: [
        (plot) => {
          const { left, width: across } = plot.select;
          if (across < 4) return;
          onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + across, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** The options of a series with its band. Colours come from the palette at each draw. */
export function plotOptions({ syncKey, marks, ...input }: PlotInput): uPlot.Options {
  const base = baseOptions(input);
  const hidden: uPlot.Series = { points: { show: false } };
  return {
    ...base,
    cursor: {
      ...base.cursor,
      points: { size: (_plot, series) => (series >= 4 ? 7 : 0), width: 1, fill: (_plot, series) => colour(series === 5 ? '--critical' : '--accent'), stroke: () => colour('--surface') },
      // A drag belongs to the chart it happens on; only the crosshair is shared.
      sync: { key: syncKey, setSeries: false, scales: ['x', null], filters: { pub: (type) => type !== 'mousedown' && type !== 'mouseup', sub: (type) => type !== 'mousedown' && type !== 'mouseup' } },
    },
    scales: { ...base.scales, y: { range: (plot) => [...valueRange({ upper: column(plot, 1), lower: column(plot, 2), expected: column(plot, 3), values: column(plot, 4) })] } },
    series: [
      {},
      { ...hidden, width: 0 },
      { ...hidden, width: 0 },
      { ...hidden, stroke: () => colour('--expected'), width: 1, dash: [4, 3] },
      { stroke: () => colour('--accent'), width: 1.5, points: { size: 4, fill: () => colour('--accent'), filter: lonely } },
      { stroke: () => colour('--critical'), width: 1.5, points: { show: true, size: 5, fill: () => colour('--critical'), width: 0 } },
    ],
    bands: [{ series: [1, 2], fill: () => colour('--expected-soft') }],
    hooks: { ...base.hooks, draw: [(plot) => drawMarks(plot, marks())] },
  };
}

/** An axis has no room for what is counted, and the readout says it: `{orders}/s` is `/s` there. */
function axisUnit(unit: string): string {
  return unit.replace(/^\{.*\}/, '');
}

function column(plot: uPlot, index: number): (number | null)[] {
  return [...(plot.data[index] ?? [])].map((value) => value ?? null);
}

/** Points that no line reaches. */
export function lonely(plot: uPlot, series: number): number[] {
  const values = column(plot, series);
  return values.flatMap((value, index) => (value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null ? [index] : []));
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const ratio = uPlot.pxRatio;
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  ctx.save();
  for (const { at, value, tone } of marks) {
    if (at < min || at > max) continue;
    const x = Math.round(plot.valToPos(at, 'x', true));
    ctx.strokeStyle = ctx.fillStyle = colour(tone === 'quiet' ? '--text-3' : `--${tone}`);
    ctx.lineWidth = ratio;
    if (value !== undefined) {
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.arc(x, plot.valToPos(value, 'y', true), 5.5 * ratio, 0, 2 * Math.PI);
      ctx.stroke();
      continue;
    }
    ctx.setLineDash(tone === 'critical' ? [] : [3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // A flag at the top: colour alone would not tell a mark from the grid.
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top - 7 * ratio);
    ctx.lineTo(x + 4 * ratio, bbox.top - 7 * ratio);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}
