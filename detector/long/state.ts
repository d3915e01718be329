/** Walks over the numbers of a state in one order, to write them or to read them back: what is walked over once comes back exactly. */
export interface Walk {
  number(value: number): number;
  column(values: Float32Array): void;
}

/** Bytes of everything that `walk` passes. */
export function write(walk: (walk: Walk) => void): Buffer {
  const parts: Uint8Array[] = [];
  walk({
    number(value) {
      parts.push(new Uint8Array(Float64Array.of(value).buffer));
      return value;
    },
    column(values) {
      parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
  });
  return Buffer.concat(parts);
}

/** Fills a state from its bytes. Throws when they are of another length, or hold an infinity. */
export function read(bytes: Uint8Array, walk: (walk: Walk) => void): void {
  let at = 0;
  function take(length: number): Uint8Array {
    if (at + length > bytes.length) throw new Error(`${bytes.length} bytes, which are too few`);
    at += length;
    // A view may begin anywhere; numbers must not.
    return Uint8Array.from(bytes.subarray(at - length, at));
  }
  const sound = (values: Float32Array | Float64Array): void => {
    if (values.includes(Infinity) || values.includes(-Infinity)) throw new Error('a number that is none');
  };
  walk({
    number() {
      const values = new Float64Array(take(8).buffer);
      sound(values);
      return values[0] ?? 0;
    },
    column(values) {
      values.set(new Float32Array(take(values.byteLength).buffer));
      sound(values);
    },
  });
  if (at < bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
}
