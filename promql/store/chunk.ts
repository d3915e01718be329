/**
 * Up to a few dozen samples of one series in a few bytes each, read back by plain loops: times as what is left of an even step, values as offsets from the smallest where all are whole, or have up to three decimals.
 *
 * Layout, little endian, at a multiple of eight bytes: six doubles (where the series' chunk before lies, the latest time of this and all chunks before, first time, last time, smallest value, and in the last
 * eight bytes the count, how times and values are written, and the step), then times, then values, each column at a multiple of eight.
 */
export const HEADER_BYTES = 48;
/** No chunk before. */
export const NONE = -1;

/** One buffer in every width. */
export interface Views {
  readonly bytes: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

export function viewsOf(size: number): Views {
  const buffer = new ArrayBuffer(size);
  return { bytes: new Uint8Array(buffer), i8: new Int8Array(buffer), u16: new Uint16Array(buffer), i16: new Int16Array(buffer), u32: new Uint32Array(buffer), f32: new Float32Array(buffer), f64: new Float64Array(buffer) };
}

/** Bytes of a number, by how a column is written. */
const TIME_WIDTH = [1, 2, 4, 8] as const;
const VALUE_WIDTH = [0, 1, 2, 4, 4, 8, 8] as const;
const [BYTE_TIMES, SHORT_TIMES, OFFSET_TIMES, WHOLE_TIMES] = [0, 1, 2, 3];
const [SAME, BYTES, SHORTS, WORDS, SINGLES, DOUBLES, DOUBLES_WITH_STALE] = [0, 1, 2, 3, 4, 5, 6];
const SCALES = [1, 10, 100, 1000] as const;
const UINT32 = 2 ** 32 - 1;
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;

const aligned = (bytes: number): number => (bytes + 7) & ~7;

/** Samples as they came: `values` also as `bits`, low word first, since a stale marker is a NaN of certain bits. */
export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly bits: Uint32Array;
}

/** Whether one of the samples [from, to) is a stale marker. */
export function hasStale(bits: Uint32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bits[at * 2 + 1] === STALE_HIGH && bits[at * 2] === STALE_LOW) return true;
  return false;
}

interface Plan {
  readonly timeMode: number;
  readonly step: number;
  readonly valueMode: number;
  readonly exponent: number;
  readonly base: number;
  readonly size: number;
}

/** How `count` samples from `from` on are best written; times strictly increase. */
export function planChunk({ times, values, bits }: Columns, from: number, count: number): Plan {
  const first = times[from] ?? 0;
  const span = (times[from + count - 1] ?? 0) - first;
  const step = count > 1 ? Math.round(span / (count - 1)) : 0;
  let farthest = 0;
  for (let at = 1; at < count; at += 1) farthest = Math.max(farthest, Math.abs((times[from + at] ?? 0) - first - at * step));
  const timeMode = step > UINT32 || span > UINT32 ? WHOLE_TIMES : farthest <= 127 ? BYTE_TIMES : farthest <= 32_767 ? SHORT_TIMES : OFFSET_TIMES;
  const { mode: valueMode, exponent, base } = planValues(values, bits, from, from + count);
  return { timeMode, step: timeMode === WHOLE_TIMES ? 0 : step, valueMode, exponent, base, size: HEADER_BYTES + aligned(count * (TIME_WIDTH[timeMode] ?? 8)) + aligned(count * (VALUE_WIDTH[valueMode] ?? 8)) };
}

function planValues(values: Float64Array, bits: Uint32Array, from: number, to: number): { mode: number; exponent: number; base: number } {
  for (let exponent = 0; exponent < SCALES.length; exponent += 1) {
    const scale = SCALES[exponent] ?? 1;
    let least = Infinity;
    let most = -Infinity;
    let at = from;
    for (; at < to; at += 1) {
      const value = values[at] ?? 0;
      const whole = Math.round(value * scale);
      if (whole / scale !== value || (whole === 0 && bits[at * 2 + 1] !== 0) || whole > Number.MAX_SAFE_INTEGER || whole < Number.MIN_SAFE_INTEGER) break;
      if (whole < least) least = whole;
      if (whole > most) most = whole;
    }
    if (at < to) continue;
    const range = most - least;
    if (range > UINT32) break;
    return { mode: range === 0 ? SAME : range < 256 ? BYTES : range < 65_536 ? SHORTS : WORDS, exponent, base: least };
  }
  let singles = true;
  for (let at = from; at < to && singles; at += 1) singles = Math.fround(values[at] ?? 0) === values[at];
  return { mode: singles ? SINGLES : hasStale(bits, from, to) ? DOUBLES_WITH_STALE : DOUBLES, exponent: 0, base: 0 };
}

/** Writes at `start`, a multiple of eight, where there is room for `plan.size`. */
export function writeChunk(views: Views, start: number, { times, values }: Columns, from: number, count: number, plan: Plan, before: number, reach: number): void {
  const { timeMode, step, valueMode, exponent, base } = plan;
  const { i8, i16, u16, u32, f32, f64, bytes } = views;
  const head = start >> 3;
  const first = times[from] ?? 0;
  f64[head] = before;
  f64[head + 1] = reach;
  f64[head + 2] = first;
  f64[head + 3] = times[from + count - 1] ?? 0;
  f64[head + 4] = base;
  u16[(start >> 1) + 20] = count;
  bytes[start + 42] = timeMode;
  bytes[start + 43] = valueMode | (exponent << 4);
  u32[(start >> 2) + 11] = step;
  const timesAt = start + HEADER_BYTES;
  for (let at = 0; at < count; at += 1) {
    const offset = (times[from + at] ?? 0) - first;
    if (timeMode === BYTE_TIMES) i8[timesAt + at] = offset - at * step;
    else if (timeMode === SHORT_TIMES) i16[(timesAt >> 1) + at] = offset - at * step;
    else if (timeMode === OFFSET_TIMES) u32[(timesAt >> 2) + at] = offset;
    else f64[(timesAt >> 3) + at] = first + offset;
  }
  const valuesAt = timesAt + aligned(count * (TIME_WIDTH[timeMode] ?? 8));
  const scale = SCALES[exponent] ?? 1;
  if (valueMode === SAME) return;
  if (valueMode >= DOUBLES) f64.set(values.subarray(from, from + count), valuesAt >> 3);
  else if (valueMode === SINGLES) f32.set(values.subarray(from, from + count), valuesAt >> 2);
  else {
    const out = valueMode === BYTES ? bytes : valueMode === SHORTS ? u16 : u32;
    const at0 = valueMode === BYTES ? valuesAt : valueMode === SHORTS ? valuesAt >> 1 : valuesAt >> 2;
    for (let at = 0; at < count; at += 1) out[at0 + at] = Math.round((values[from + at] ?? 0) * scale) - base;
  }
}

export const chunkBefore = ({ f64 }: Views, start: number): number => f64[start >> 3] ?? NONE;
export const chunkReach = ({ f64 }: Views, start: number): number => f64[(start >> 3) + 1] ?? -Infinity;
export const chunkFirst = ({ f64 }: Views, start: number): number => f64[(start >> 3) + 2] ?? 0;
export const chunkLast = ({ f64 }: Views, start: number): number => f64[(start >> 3) + 3] ?? 0;
export const chunkCount = ({ u16 }: Views, start: number): number => u16[(start >> 1) + 20] ?? 0;
export const chunkHasStale = ({ bytes }: Views, start: number): boolean => ((bytes[start + 43] ?? 0) & 15) === DOUBLES_WITH_STALE;

/** Puts the samples into `times` and `values` from `to` on. */
export function readChunk(views: Views, start: number, times: Float64Array, values: Float64Array, to: number): void {
  const { i8, i16, u16, u32, f32, f64, bytes } = views;
  const first = chunkFirst(views, start);
  const base = f64[(start >> 3) + 4] ?? 0;
  const count = chunkCount(views, start);
  const timeMode = bytes[start + 42] ?? 0;
  const valueMode = (bytes[start + 43] ?? 0) & 15;
  const scale = SCALES[(bytes[start + 43] ?? 0) >> 4] ?? 1;
  const step = u32[(start >> 2) + 11] ?? 0;
  const timesAt = start + HEADER_BYTES;
  if (timeMode === BYTE_TIMES) for (let at = 0, time = first; at < count; at += 1, time += step) times[to + at] = time + (i8[timesAt + at] ?? 0);
  else if (timeMode === SHORT_TIMES) for (let at = 0, time = first, from = timesAt >> 1; at < count; at += 1, time += step) times[to + at] = time + (i16[from + at] ?? 0);
  else if (timeMode === OFFSET_TIMES) for (let at = 0, from = timesAt >> 2; at < count; at += 1) times[to + at] = first + (u32[from + at] ?? 0);
  else times.set(f64.subarray(timesAt >> 3, (timesAt >> 3) + count), to);
  const valuesAt = timesAt + aligned(count * (TIME_WIDTH[timeMode] ?? 8));
  if (valueMode === SAME) values.fill(base / scale, to, to + count);
  else if (valueMode >= DOUBLES) values.set(f64.subarray(valuesAt >> 3, (valuesAt >> 3) + count), to);
  else if (valueMode === SINGLES) values.set(f32.subarray(valuesAt >> 2, (valuesAt >> 2) + count), to);
  else if (valueMode === BYTES) for (let at = 0; at < count; at += 1) values[to + at] = base + (bytes[valuesAt + at] ?? 0);
  else if (valueMode === SHORTS) for (let at = 0, from = valuesAt >> 1; at < count; at += 1) values[to + at] = base + (u16[from + at] ?? 0);
  else for (let at = 0, from = valuesAt >> 2; at < count; at += 1) values[to + at] = base + (u32[from + at] ?? 0);
  if (scale !== 1 && valueMode !== SAME && valueMode < SINGLES) for (let at = to; at < to + count; at += 1) values[at] = (values[at] ?? 0) / scale;
}
