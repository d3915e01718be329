import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../decode/outcome.js';
import { readNative } from '../testing/native-reader.js';
import { encodeV1, encodeV2, writeRequestType } from '../testing/remote-write.js';
import { createRng } from '../testing/rng.js';
import { scramble } from '../testing/scramble.js';
import { createRemoteWriteDecoder } from './decoder.js';

const NOW = 1_790_000_000_000;
const histogram = { countInt: 9, sum: 12.5, schema: 3, zeroThreshold: 0.001, zeroCountInt: 1, positiveSpans: [{ offset: -2, length: 2 }, { offset: 3, length: 1 }], positiveDeltas: [1, 1, 1], negativeSpans: [{ offset: 5, length: 1 }], negativeDeltas: [2], timestamp: NOW };

it.each([1, 2] as const)('any request of Remote Write %i.0 becomes the same rows with fields in any order, in parts, unpacked, and among unknown ones', (version) => {
  const name = fc.stringMatching(/^[a-z_]{1,6}$/).filter((text) => text !== '__name__');
  const labels = fc.dictionary(name, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { maxKeys: 4, noNullPrototype: true });
  const counted = fc.record({ labels, samples: fc.array(fc.tuple(fc.integer({ min: NOW - 1_000, max: NOW }), fc.double({ noNaN: true })), { minLength: 1, maxLength: 4 }), exemplars: fc.constantFrom([], [{ labels: [['trace_id', 'ab'.repeat(16)] as const], value: 0.5, timestamp: NOW }]) });
  const distributed = fc.record({ labels, histograms: fc.constantFrom([histogram], [{ ...histogram, timestamp: NOW - 1 }, { schema: -53, customValues: [1, 2], positiveSpans: [{ offset: 0, length: 3 }], positiveDeltas: [1, 0, 0], countInt: 3, timestamp: NOW }]) });
  const said = fc.constantFrom({}, { metadata: { type: 1, help: 'h', unit: 'seconds' }, startMs: NOW - 5_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(counted, distributed), said), { maxLength: 5 }), fc.nat(), (list, seed) => {
      const body = (version === 1 ? encodeV1 : encodeV2)(list.map(([one, more], index) => ({ ...one, ...more, labels: Object.entries({ ...one.labels, __name__: `m${index}` }).toSorted(([a], [b]) => (a < b ? -1 : 1)) })));
      const decoded = (bytes: Buffer): unknown => {
        const { blocks, accepted, rejected, counts } = createRemoteWriteDecoder({ limits: DEFAULT_LIMITS, clock: () => NOW }).decode(version, bytes);
        return { accepted, rejected, counts, tables: blocks.map((block) => [block.table, readNative(block)]) };
      };
      expect(decoded(scramble(writeRequestType(version), body, createRng(seed)))).toEqual(decoded(body));
    }),
    { numRuns: 150 },
  );
});
