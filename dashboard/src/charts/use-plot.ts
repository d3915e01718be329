import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import type uPlot from 'uplot';

interface Plotted {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly plot: RefObject<uPlot | null>;
}

/** A plot in `box`, as wide as that is. It is made anew when `made`, what it is made of, or its height changes; all else is handed to `plot`. */
export function usePlot(make: (element: HTMLElement, width: number) => uPlot, height: number, made: string): Plotted {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(make);
  useLayoutEffect(() => {
    latest.current = make;
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const one = latest.current(element, element.clientWidth || 300);
    plot.current = one;
    const observer = new ResizeObserver(() => element.clientWidth > 0 && one.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      one.destroy();
      plot.current = null;
    };
  }, [height, made]);
  return { box, plot };
}
