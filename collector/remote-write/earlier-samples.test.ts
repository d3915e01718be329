import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../decode/outcome.js';
import { encodeV1 } from '../testing/remote-write.js';
import { createRemoteWriteDecoder, type DecodedWrite, type RemoteWriteDecoder } from './decoder.js';

const NOW = 1_790_000_000_000;
const decoderAt = (): RemoteWriteDecoder => createRemoteWriteDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW });
const send = (decoder: RemoteWriteDecoder, request: number): DecodedWrite => decoder.decode(1, encodeV1([{ labels: [['__name__', 'up'], ['job', 'shop']], samples: Array.from({ length: 20 }, (_, index) => [NOW - 1_000 + request * 20 + index, 1] as const) }]));

it('the newest samples that an earlier run left are known again, whatever the order in which they are shown', () => {
  const earlier = decoderAt();
  const blocks = Array.from({ length: 10 }, (_, request) => send(earlier, request).blocks.find(({ table }) => table === 'metric_samples'));
  const later = decoderAt();
  for (const block of blocks.toReversed()) if (block) later.remember(block.native);
  const again = send(later, 9);
  expect([again.blocks.map(({ table }) => table), again.counts]).toEqual([['metric_series'], expect.objectContaining({ samples: 20, duplicates: 20 })]);
});
