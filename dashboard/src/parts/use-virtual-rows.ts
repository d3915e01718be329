import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';

interface VirtualRows {
  readonly count: number;
  readonly box: RefObject<HTMLDivElement | null>;
  /** px, of a row that has not been measured. */
  readonly height: number;
  readonly keyOf?: (index: number) => string | number;
}

const OVERSCAN = 12;

/** Only the rows in sight of `box` are in the page, and some around them so that keys can walk on. */
export function useVirtualRows({ count, box, height, keyOf }: VirtualRows): Virtualizer<HTMLDivElement, Element> {
  // oxlint-disable-next-line react/incompatible-library -- it renders by itself when it scrolls, and nothing here is memoized on what it returns
  return useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => height, overscan: OVERSCAN, ...(keyOf ? { getItemKey: keyOf } : {}) });
}
