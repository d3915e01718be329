import { readFileSync } from 'node:fs';
import { PipelineError } from '#core/errors.js';
import type { Series } from '#core/types.js';
import type { DetectorConfig } from '../detector/config.js';
import { openInference } from '../detector/onnx/inference.js';
import { createWatch } from '../detector/watch.js';

const PROGRESS_EVERY = 1_000;

/** `faultline backtest <file>`: judges a CSV of `time,value` (epoch milliseconds or ISO time, evenly spaced) as the detector would have, and prints each episode as a JSON line. */
export async function backtestFile(path: string, config: DetectorConfig): Promise<void> {
  const points = parseCsv(readFileSync(path, 'utf8'));
  const inference = await openInference();
  const watch = createWatch(config, inference.run);
  const series: Series = { id: 'backtest', kind: 'metric', service: '', operation: '', metric: 'value', unit: '', labels: {} };
  let found = 0;
  try {
    for (const [index, { time, value }] of points.entries()) {
      const measured = { series: new Map([[series.id, { series, slots: new Map([[0, { value, count: 0 }]]) }]]), alive: new Set([0]), arrivals: new Map() };
      const { anomalies } = await watch.step(time, measured, 0, undefined);
      for (const anomaly of anomalies) {
        if (anomaly.endsAt === null && index < points.length - 1) continue;
        found += 1;
        const { startsAt, endsAt, peakAt, value: peak, expected, lower, upper, score, direction } = anomaly;
        console.log(JSON.stringify({ startsAt: new Date(startsAt).toISOString(), endsAt: endsAt === null ? null : new Date(endsAt).toISOString(), peakAt: new Date(peakAt).toISOString(), value: peak, expected, lower, upper, score, direction }));
      }
      if ((index + 1) % PROGRESS_EVERY === 0) console.error(`${index + 1} of ${points.length} points`);
    }
  } finally {
    await inference.close();
  }
  console.error(`${points.length} points, ${found} ${found === 1 ? 'episode' : 'episodes'}`);
}

function parseCsv(text: string): { time: number; value: number }[] {
  return text
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const [time = '', value = ''] = line.split(',');
      const at = /^\d+$/.test(time.trim()) ? Number(time) : Date.parse(time);
      if (!Number.isFinite(at) || value.trim() === '' || !Number.isFinite(Number(value))) throw new PipelineError('CONFIG_INVALID', `line ${index + 2} is not time,value: ${line}`, { retryable: false });
      return { time: at, value: Number(value) };
    });
}
