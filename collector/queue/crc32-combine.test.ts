import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32Combine } from './crc32-combine.js';

it('is the checksum of both in a row', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
    expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
  }));
  const large = Buffer.alloc(5_000_001, 'x');
  expect(crc32Combine(crc32('a'), crc32(large), large.length)).toBe(crc32(Buffer.concat([Buffer.from('a'), large])));
});
