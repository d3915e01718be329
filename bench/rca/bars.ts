/** What is to be beaten: simple baselines with default settings, and the goals set from what is published. AC@1, 3, 5. */
export interface Bar {
  readonly name: string;
  readonly ac1: number;
  readonly ac3?: number;
  readonly ac5?: number;
}

/** By set and part; sources and caveats are in docs/evaluate.md. */
export const BARS: Readonly<Record<string, readonly Bar[]>> = {
  'petshop/low_traffic': [{ name: 'floor: deepest anomalous callee', ac1: 0.769, ac3: 1 }, { name: 'goal', ac1: 0.77, ac3: 0.95 }],
  'petshop/high_traffic': [{ name: 'floor: deepest anomalous callee', ac1: 0.231, ac3: 0.846 }, { name: 'goal: ranked correlation', ac1: 0.731, ac3: 0.885 }],
  'rcd-sockshop/all': [{ name: 'floor: median shift / IQR', ac1: 1, ac3: 1, ac5: 1 }],
  'nezha/OB': [{ name: 'floor: metric median shift', ac1: 0.5, ac3: 0.661, ac5: 0.839 }, { name: 'goal: best published without logs', ac1: 0.643, ac3: 0.643, ac5: 0.928 }],
  'nezha/TT': [{ name: 'floor: metrics, traces and logs', ac1: 0.133, ac3: 0.178, ac5: 0.311 }, { name: 'goal: published without metrics', ac1: 0.556, ac3: 0.622, ac5: 0.689 }],
  'tvdiag/sockshop': [{ name: 'floor: rarity-weighted alerts', ac1: 0.652, ac3: 0.892, ac5: 0.942 }, { name: 'goal', ac1: 0.8 }],
  'tvdiag/hotel': [{ name: 'floor: rarity-weighted alerts', ac1: 0.705, ac3: 0.821, ac5: 0.897 }, { name: 'goal', ac1: 0.8 }],
  'tvdiag/gaia': [{ name: 'floor: rarity-weighted alerts', ac1: 0.308, ac3: 0.553, ac5: 0.704 }, { name: 'goal', ac1: 0.55 }],
};

/** Of the end-to-end timeline: incident F1, false incidents per hour, AC@3 over all faults. */
export const TIMELINE_BARS = 'floor F1 .385, 1.4 false/h, AC@3 .135; goal F1 .65, 1 false/h, AC@3 .40';
