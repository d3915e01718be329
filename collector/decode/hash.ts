import { randomBytes } from 'node:crypto';

/** Differs between processes, so that nobody can prepare label sets that meet in one place of the table. */
const SEED = randomBytes(8);
const SEED_LOW = SEED.readInt32LE(0);
const SEED_HIGH = SEED.readInt32LE(4);

/**
 * A running 64-bit hash of bytes and words, in two 32-bit lanes: bigints would take thirty times as long.
 * Source of the rounds: Appleby's MurmurHash3, x86, with the constants of its 128-bit form for the two lanes.
 */
export class Hash {
  low = 0;
  high = 0;

  /** `kind` keeps hashes of different things apart. */
  begin(kind: number): void {
    this.low = SEED_LOW ^ kind;
    this.high = SEED_HIGH ^ Math.imul(kind, 0x9e37_79b9);
  }

  bytes(source: DataView, from: number, to: number): void {
    let low = this.low;
    let high = this.high;
    let at = from;
    for (; at + 4 <= to; at += 4) {
      const word = source.getInt32(at, true);
      low = round(low, word, 0x239b_961b, 0x38b3_4ae5, 0x561c_cd1b);
      high = round(high, word, 0xab0e_9789, 0xa1e3_8b93, 0x0bca_a747);
    }
    let tail = (to - from) << 24;
    for (let shift = 0; at < to; at += 1, shift += 8) tail ^= source.getUint8(at) << shift;
    this.low = round(low, tail, 0x239b_961b, 0x38b3_4ae5, 0x561c_cd1b);
    this.high = round(high, tail, 0xab0e_9789, 0xa1e3_8b93, 0x0bca_a747);
  }

  /** Another hash, or two numbers. */
  words(low: number, high: number): void {
    this.low = round(this.low, low, 0x239b_961b, 0x38b3_4ae5, 0x561c_cd1b);
    this.high = round(this.high, high, 0xab0e_9789, 0xa1e3_8b93, 0x0bca_a747);
  }

  /** Leaves the result in `low` and `high`, as unsigned halves. */
  end(): void {
    const low = finish(this.low);
    this.high = finish(this.high ^ low) >>> 0;
    this.low = low >>> 0;
  }
}

function round(lane: number, word: number, first: number, second: number, added: number): number {
  const mixed = Math.imul(word, first);
  const turned = lane ^ Math.imul((mixed << 15) | (mixed >>> 17), second);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + added) | 0;
}

function finish(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

/** What `Hash.bytes` reads: words at once, also where they are not aligned. */
export const viewOf = (body: Buffer): DataView => new DataView(body.buffer, body.byteOffset, body.byteLength);
