/** FNV-1a's prime is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const OFFSET_LOW = 0x8422_2325 | 0;
const OFFSET_HIGH = 0xcbf2_9ce4 | 0;

/** The hash of core/fingerprint.ts, FNV-1a of 64 bits, over bytes where they are: the ids of series that OTLP and Remote Write both send are the same. */
export class IdHash {
  low = OFFSET_LOW;
  high = OFFSET_HIGH;

  begin(): void {
    this.low = OFFSET_LOW;
    this.high = OFFSET_HIGH;
  }

  byte(value: number): void {
    const low = this.low ^ value;
    const first = (low & 0xffff) * PRIME_LOW;
    const second = (low >>> 16) * PRIME_LOW + (first >>> 16);
    this.high = (Math.imul(this.high, PRIME_LOW) + (second >>> 16) + (low << 8)) | 0;
    this.low = (second << 16) | (first & 0xffff);
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    let { low, high } = this;
    for (let at = from; at < to; at += 1) {
      low ^= source[at] ?? 0;
      const first = (low & 0xffff) * PRIME_LOW;
      const second = (low >>> 16) * PRIME_LOW + (first >>> 16);
      high = (Math.imul(high, PRIME_LOW) + (second >>> 16) + (low << 8)) | 0;
      low = (second << 16) | (first & 0xffff);
    }
    this.low = low;
    this.high = high;
  }

  text(value: string): void {
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code >= 0x80) {
        const rest = Buffer.from(value.slice(at), 'utf8');
        return this.bytes(rest, 0, rest.length);
      }
      this.byte(code);
    }
  }

  /** Takes a hash of 16 hexadecimal digits. */
  set(hex: string): void {
    this.high = Number.parseInt(hex.slice(0, 8), 16) | 0;
    this.low = Number.parseInt(hex.slice(8), 16) | 0;
  }
}
