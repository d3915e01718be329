import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { collectorMetrics } from '../collector-metrics.js';
import { DEFAULT_LIMITS } from '../decode/outcome.js';
import { createSources } from '../sources.js';
import { encodeV1 } from '../testing/remote-write.js';
import { createRemoteWriteDecoder } from './decoder.js';
import { createRemoteWriteIngest } from './ingest.js';

const NOW = 1_790_000_000_000;
const SERIES = 40_000;
const body = encodeV1(Array.from({ length: SERIES }, (_, index) => ({ labels: [['__name__', 'jobs'], ['job', 'shop'], ['queue', `orders-${index}`]] as const, samples: [[NOW, index]] as const })));

it('decodes a large request in slices, and acknowledges its repetition no sooner than itself', async () => {
  const order: string[] = [];
  let keep = (): void => undefined;
  const onDisk = new Promise<void>((resolve) => (keep = resolve));
  let turns = 0;
  const ingest = createRemoteWriteIngest({
    decoder: createRemoteWriteDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }),
    queue: { consume: async (blocks) => (blocks.some(({ table }) => table === 'metric_samples') ? onDisk : undefined) },
    sources: createSources(() => NOW),
    metrics: collectorMetrics(new Registry()),
  });
  let counting = true;
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const first = ingest(1, body, '').then(({ counts }) => (order.push('first'), counts));
  const again = ingest(1, body, '').then(({ counts }) => (order.push('again'), counts));
  // The repetition brings nothing to store, but what it repeats is not safe yet.
  const small = await ingest(1, encodeV1([{ labels: [['__name__', 'up'], ['job', 'other']], samples: [] }]), '');
  counting = false;
  expect([small.accepted, order]).toEqual([0, []]);
  expect(turns).toBeGreaterThan(3);
  keep();
  expect([(await first).duplicates, (await again).duplicates, order]).toEqual([0, SERIES, ['first', 'again']]);
});
