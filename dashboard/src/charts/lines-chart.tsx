import './language.js';
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, type ReactElement } from 'react';
import uPlot from 'uplot';
import type { UnixMs } from '#core/types.js';
import { between, type RangeMs } from '../time/range.js';
import { useRange } from '../time/use-range.js';
import { baseOptions, colour, lonely } from './plot.js';
import { usePlot } from './use-plot.js';

/** As many hues as the palette has. */
const HUES = 8;
export const hueOf = (index: number): string => `--hue-${(index % HUES) + 1}`;

interface LinesChartProps {
  readonly times: readonly UnixMs[];
  readonly lines: readonly (readonly (number | null)[])[];
  /** The one line that stands out; the others fade. */
  readonly only: number | null;
  readonly unit: string;
  readonly range: RangeMs;
  readonly height: number;
  readonly label: string;
  readonly onCursor: (index: number | null) => void;
}

/** Many series over time, one hue each. Dragging sets the page's time range. */
export function LinesChart({ times, lines, only, unit, range, height, label, onCursor }: LinesChartProps): ReactElement {
  const scheme = useComputedColorScheme('dark');
  const { set } = useRange();
  const current = useRef({ range, only, set, onCursor, data: [[...times], ...lines.map((line) => [...line])] as uPlot.AlignedData });
  useLayoutEffect(() => {
    current.current = { range, only, set, onCursor, data: [[...times], ...lines.map((line) => [...line])] as uPlot.AlignedData };
  });
  const count = lines.length;

  const { box, plot } = usePlot(
    (element, width) => {
      const hue = (index: number): string => `${colour(hueOf(index))}${current.current.only !== null && current.current.only !== index ? '30' : ''}`;
      return new uPlot(
        {
          ...baseOptions({ unit, height, width, range: () => current.current.range, onCursor: (index) => current.current.onCursor(index), onSelect: (from, to) => current.current.set(between(from, to)) }),
          series: [{}, ...Array.from({ length: count }, (_, index): uPlot.Series => ({ stroke: () => hue(index), width: 1.5, points: { size: 4, fill: () => hue(index), filter: lonely } }))],
        },
        current.current.data,
        element,
      );
    },
    height,
    `${unit} ${count} ${scheme}`,
  );

  useEffect(() => plot.current?.setData(current.current.data), [plot, times, lines, range.from, range.to]);
  useEffect(() => plot.current?.redraw(false), [plot, only]);

  return <div ref={box} style={{ height }} role="img" aria-label={label} />;
}
