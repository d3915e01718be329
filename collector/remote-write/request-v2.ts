import { PipelineError } from '#core/errors.js';
import { LENGTH, Reader, VARINT } from '../decode/reader.js';
import { STRIDE_BYTES, type Work } from '../decode/work.js';
import { Hash, viewOf } from '../decode/hash.js';
import { LabelRanges } from './label-ranges.js';
import { BodyLabels } from './labels.js';
import type { Metadata } from './meaning.js';
import { int64 } from './native-histogram.js';
import { REFUSED, type Refusal } from './refusal.js';
import { MAX_LABELS } from '../label-limits.js';
import { FIELDS_A_STEP, SERIES_A_STEP, type SeriesMessage, type TakeSeries } from './series-message.js';

const KIND = 2;
const MAX_SYMBOLS = 2_000_000;
const MAX_TEXT = 4096;

const malformed = (what: string): PipelineError => new PipelineError('DECODE_FAILED', `not a valid io.prometheus.write.v2.Request: ${what}`);

/** Every text of a request once; labels and metadata refer to them by number. */
class Symbols {
  readonly body: Buffer;
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly low: number[] = [];
  readonly high: number[] = [];
  readonly #view: DataView;
  readonly #hash = new Hash();

  constructor(body: Buffer) {
    this.body = body;
    this.#view = viewOf(body);
  }

  get length(): number {
    return this.from.length;
  }

  add(from: number, to: number): void {
    if (this.from.length === MAX_SYMBOLS) throw malformed(`more than ${MAX_SYMBOLS} symbols`);
    this.from.push(from);
    this.to.push(to);
    this.#hash.begin(0);
    this.#hash.bytes(this.#view, from, to);
    this.#hash.end();
    this.low.push(this.#hash.low);
    this.high.push(this.#hash.high);
  }

  text(index: number): string {
    const from = this.from[index] ?? 0;
    return this.body.toString('utf8', from, Math.min(this.to[index] ?? 0, from + MAX_TEXT));
  }
}

/** TimeSeries of io.prometheus.write.v2.Request: https://github.com/prometheus/prometheus/blob/main/prompb/io/prometheus/write/v2/types.proto */
class SeriesV2 implements SeriesMessage {
  readonly fields = { samples: 2, histograms: 3, exemplars: 4 };
  readonly body: Buffer;
  from = 0;
  to = 0;
  low = 0;
  high = 0;
  samples = 0;
  histograms = 0;
  exemplars = 0;
  createdMs = 0;
  metadataKey = 0;
  readonly #symbols: Symbols;
  readonly #hash = new Hash();
  readonly #reader: Reader;
  readonly #ranges = new LabelRanges();
  readonly #read: BodyLabels;
  /** Of labels. */
  #refs = 0;
  #isBroken = false;
  #type = 0;
  #help = 0;
  #unit = 0;
  labelBytes = 0;
  #labels: BodyLabels | Refusal | undefined;
  readonly labels = (): BodyLabels | Refusal => (this.#labels ??= this.#readLabels());

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.body = symbols.body;
    this.#reader = new Reader(symbols.body);
    this.#read = new BodyLabels(symbols.body);
  }

  /** To be read on until that says false. */
  begin(start: number, end: number): void {
    const reader = this.#reader;
    reader.pos = start;
    reader.end = end;
    this.from = start;
    this.to = end;
    this.samples = 0;
    this.histograms = 0;
    this.exemplars = 0;
    this.createdMs = 0;
    this.#type = 0;
    this.#help = 0;
    this.#unit = 0;
    this.#refs = 0;
    this.#isBroken = false;
    this.#labels = undefined;
    this.#hash.begin(KIND);
  }

  /** Reads the next fields; whether there are more. */
  readOn(): boolean {
    const reader = this.#reader;
    let left = FIELDS_A_STEP;
    while (left > 0 && reader.next()) {
      left -= 1;
      switch (reader.field) {
        case 1: this.#hashRefs(reader); break;
        case 2: this.samples += 1; reader.expect(LENGTH); reader.range(); break;
        case 3: this.histograms += 1; reader.expect(LENGTH); reader.range(); break;
        case 4: this.exemplars += 1; reader.expect(LENGTH); reader.range(); break;
        case 5: this.#readMetadata(reader.message()); break;
        case 6: this.createdMs = int64(reader); break;
        default: reader.skip();
      }
    }
    if (left === 0) return true;
    // A reference to nothing, and more labels than a series may have, have no hash: such a series is asked for its labels each time, and refused.
    this.#hash.words(this.#isBroken ? 1 : 0, 0);
    this.#hash.end();
    this.low = this.#hash.low;
    this.high = this.#hash.high;
    const { low } = this.#symbols;
    this.metadataKey = this.#type === 0 && this.#help === 0 && this.#unit === 0 ? 0 : ((low[this.#help] ?? 0) * 31 + (low[this.#unit] ?? 0)) * 8 + this.#type + 1;
    return false;
  }

  #readLabels(): BodyLabels | Refusal {
    const isWhole = this.labelRanges(new Reader(this.body, this.from, this.to), this.#ranges);
    this.labelBytes += this.#ranges.bytes;
    return isWhole ? (this.#read.read(this.#ranges) ?? this.#read) : REFUSED.unknownSymbol;
  }

  #hashRefs(reader: Reader): void {
    const { low, high, length } = this.#symbols;
    if (reader.wire === VARINT) return this.#hashRef(reader.varint(), low, high, length);
    reader.expect(LENGTH);
    reader.range();
    const { start, stop, end } = reader;
    reader.pos = start;
    reader.end = stop;
    while (reader.pos < stop && !this.#isBroken) this.#hashRef(reader.varint(), low, high, length);
    reader.pos = stop;
    reader.end = end;
  }

  #hashRef(ref: number, low: readonly number[], high: readonly number[], length: number): void {
    this.#refs += 1;
    if (ref >= length || this.#refs > 2 * MAX_LABELS) this.#isBroken = true;
    this.#hash.words(low[ref] ?? 0, high[ref] ?? 0);
  }

  #readMetadata(message: Reader): void {
    while (message.next()) {
      if (message.field !== 1 && message.field !== 3 && message.field !== 4) {
        message.skip();
        continue;
      }
      message.expect(VARINT);
      const value = message.varint();
      if (message.field === 1) this.#type = value % 8;
      else if (message.field === 3) this.#help = value;
      else this.#unit = value;
    }
  }

  metadata(): Metadata {
    return { type: this.#type, help: this.#symbols.text(this.#help), unit: this.#symbols.text(this.#unit) };
  }

  labelRanges(message: Reader, into: LabelRanges): boolean {
    const { from, to, length } = this.#symbols;
    into.clear();
    let name = -1;
    const add = (ref: number): boolean => {
      if (ref >= length) return false;
      if (name < 0) name = ref;
      else {
        into.add(from[name] ?? 0, to[name] ?? 0, from[ref] ?? 0, to[ref] ?? 0);
        name = -1;
      }
      return true;
    };
    while (into.count <= MAX_LABELS && message.next()) {
      if (message.field !== 1) message.skip();
      else if (message.wire === VARINT) {
        if (!add(message.varint())) return false;
      } else {
        message.expect(LENGTH);
        const packed = message.message();
        while (into.count <= MAX_LABELS && packed.pos < packed.end) if (!add(packed.varint())) return false;
      }
    }
    return name < 0;
  }
}

/** Calls `take` with every series of an io.prometheus.write.v2.Request. Throws DECODE_FAILED. */
export function* readV2(body: Buffer, take: TakeSeries): Work<void> {
  const symbols = new Symbols(body);
  const ranges: number[] = [];
  const request = new Reader(body);
  let fields = 0;
  while (request.next()) {
    fields += 1;
    if (fields % FIELDS_A_STEP === 0) yield STRIDE_BYTES;
    if (request.field <= 3) throw malformed(`field ${request.field} is one of Remote Write 1.0`);
    if (request.field > 5) {
      request.skip();
      continue;
    }
    request.expect(LENGTH);
    request.range();
    if (request.field === 4) symbols.add(request.start, request.stop);
    else ranges.push(request.start, request.stop);
  }
  if (symbols.length > 0 && symbols.from[0] !== symbols.to[0]) throw malformed('its first symbol is not the empty text');
  const series = new SeriesV2(symbols);
  for (let at = 0; at < ranges.length; at += 2) {
    series.begin(ranges[at] ?? 0, ranges[at + 1] ?? 0);
    while (series.readOn()) yield STRIDE_BYTES;
    const rest = take(series);
    if (rest) yield* rest;
    if (at % (2 * SERIES_A_STEP) === 0) yield;
  }
}
