const POLYNOMIAL = 0xedb8_8320;
const BITS = 32;

/**
 * The CRC-32 of two texts in a row, from the CRC-32 of each and the length of the second: nothing has to be read again.
 * Source: Adler's zlib, crc32_combine: appending zeros is a linear operator over GF(2), whose powers are made by squaring.
 */
export function crc32Combine(first: number, second: number, secondBytes: number): number {
  let odd: Uint32Array = Uint32Array.from({ length: BITS }, (_, bit) => (bit === 0 ? POLYNOMIAL : 2 ** (bit - 1)));
  let even = squared(squared(odd));
  let crc = first;
  // `even` appends half a byte by now, and is squared before each use.
  for (let left = secondBytes; left > 0; left = Math.floor(left / 2)) {
    odd = squared(even);
    if (left % 2 === 1) crc = times(odd, crc);
    even = odd;
  }
  return (crc ^ second) >>> 0;
}

function times(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) if ((rest & 1) === 1) sum ^= matrix[bit] ?? 0;
  return sum;
}

function squared(matrix: Uint32Array): Uint32Array {
  return matrix.map((row) => times(matrix, row));
}
