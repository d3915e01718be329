/** The letter in which klog's lines alone tell an error from a success: `E1130 `. */
export function klogLevel(bytes: Buffer, at: number): number {
  const letter = bytes[at] ?? 0;
  return isDigit(bytes[at + 1] ?? 0) && bytes[at + 5] === SPACE && isDigit(bytes[at + 4] ?? 0) && (letter === 69 || letter === 70 || letter === 73 || letter === 87) ? letter : 0;
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
export const NEWLINE = 10;
const SPACE = 32;
const ESCAPE = 27;

/** Where the colour of a terminal that begins at `at` ends; `at` where none begins. */
function lastOfColour(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 1] !== 91) return at;
  let last = at + 2;
  // Digits, `:` and `;`.
  while (last < end && (bytes[last] ?? 0) >= 48 && (bytes[last] ?? 0) <= 59) last += 1;
  return last < end && bytes[last] === 109 ? last : at;
}

/** A hash (53 bits) of the bytes in which every word with a digit is the same word, without colours. What follows a byte `last` does not count. */
export function shapeOf(bytes: Uint8Array, start: number, end: number, seed: number, last: number): number {
  let low = 0x811c_9dc5 ^ seed;
  let high = 0x1234_5678;
  let word = 0;
  let digits = false;
  for (let at = start; at <= end; at += 1) {
    const byte = at < end ? (bytes[at] ?? 0) : NEWLINE;
    const digit = byte >= 48 && byte <= 57;
    if (digit || (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte >= 128) {
      digits ||= digit;
      word = Math.imul(word ^ byte, 0x0100_0193);
      continue;
    }
    if (byte === ESCAPE) {
      const past = lastOfColour(bytes, at, end);
      if (past > at) {
        at = past;
        continue;
      }
    }
    const part = digits ? 1 : word;
    low = Math.imul(low ^ part ^ byte, 0x0100_0193);
    high = Math.imul(high ^ part, 0x85eb_ca6b) + byte;
    word = 0;
    digits = false;
    if (byte === last) break;
  }
  return (low >>> 0) * 0x20_0000 + ((high ^ (high >>> 15)) & 0x1f_ffff);
}
