import { PipelineError } from '#core/errors.js';
import type { UnixMs } from '#core/types.js';
import { LENGTH, Reader, VARINT } from '../decode/reader.js';
import { STRIDE_BYTES, type Work } from '../decode/work.js';
import type { Families } from './families.js';
import { Hash, viewOf } from '../decode/hash.js';
import { LabelRanges } from './label-ranges.js';
import { BodyLabels } from './labels.js';
import type { Metadata } from './meaning.js';
import type { Refusal } from './refusal.js';
import { MAX_LABELS } from '../label-limits.js';
import { FIELDS_A_STEP, SERIES_A_STEP, type SeriesMessage, type TakeSeries } from './series-message.js';

const KIND = 1;
/** Tags of the fields of a label. */
const NAME = 0x0a;
const VALUE = 0x12;

/** TimeSeries of prometheus.WriteRequest: https://github.com/prometheus/prometheus/blob/main/prompb/types.proto */
class SeriesV1 implements SeriesMessage {
  readonly fields = { samples: 2, exemplars: 3, histograms: 4 };
  readonly body: Buffer;
  from = 0;
  to = 0;
  low = 0;
  high = 0;
  samples = 0;
  histograms = 0;
  exemplars = 0;
  readonly createdMs = 0;
  readonly metadataKey = 0;
  readonly #hash = new Hash();
  readonly #reader: Reader;
  readonly #view: DataView;
  readonly #ranges = new LabelRanges();
  readonly #read: BodyLabels;
  #start = 0;
  /** Labels stand in a row, at the front: their bytes are hashed at once. Other orders are legal, and are other encodings. */
  #runFrom = 0;
  #runTo = 0;
  labelBytes = 0;
  #labels: BodyLabels | Refusal | undefined;
  readonly labels = (): BodyLabels | Refusal => (this.#labels ??= this.#readLabels());

  constructor(body: Buffer) {
    this.body = body;
    this.#reader = new Reader(body);
    this.#view = viewOf(body);
    this.#read = new BodyLabels(body);
  }

  /** To be read on until that says false. */
  begin(start: number, end: number): void {
    const reader = this.#reader;
    reader.pos = start;
    reader.end = end;
    this.#start = start;
    this.from = start;
    this.to = end;
    this.samples = 0;
    this.histograms = 0;
    this.exemplars = 0;
    this.#labels = undefined;
    this.#hash.begin(KIND);
    this.#runFrom = start;
    this.#runTo = start;
  }

  /** Reads the next fields; whether there are more. */
  readOn(): boolean {
    const reader = this.#reader;
    let runFrom = this.#runFrom;
    let runTo = this.#runTo;
    let left = FIELDS_A_STEP;
    for (let at = reader.pos; left > 0 && reader.next(); at = reader.pos) {
      left -= 1;
      const { field } = reader;
      if (field > 4) {
        reader.skip();
        continue;
      }
      reader.expect(LENGTH);
      reader.range();
      if (field === 1) {
        if (at !== runTo) {
          if (runTo > runFrom) this.#hash.bytes(this.#view, runFrom, runTo);
          runFrom = at;
        } else if (at === this.from) this.from = reader.pos;
        runTo = reader.pos;
      } else if (field === 2) this.samples += 1;
      else if (field === 3) this.exemplars += 1;
      else this.histograms += 1;
    }
    this.#runFrom = runFrom;
    this.#runTo = runTo;
    if (left === 0) return true;
    this.#hash.bytes(this.#view, runFrom, runTo);
    this.#hash.end();
    this.low = this.#hash.low;
    this.high = this.#hash.high;
    return false;
  }

  #readLabels(): BodyLabels | Refusal {
    this.labelRanges(new Reader(this.body, this.#start, this.#runTo), this.#ranges);
    this.labelBytes += this.#ranges.bytes;
    return this.#read.read(this.#ranges) ?? this.#read;
  }

  metadata(): Metadata {
    return { type: 0, help: '', unit: '' };
  }

  labelRanges(message: Reader, into: LabelRanges): boolean {
    into.clear();
    while (into.count <= MAX_LABELS && message.next()) {
      if (message.field !== 1) {
        message.skip();
        continue;
      }
      message.expect(LENGTH);
      message.range();
      const { start, stop, end } = message;
      if (isPlain(this.body, start, stop)) {
        const nameTo = start + 2 + (this.body[start + 1] ?? 0);
        into.add(start + 2, nameTo, nameTo + 2, stop);
        continue;
      }
      message.pos = start;
      message.end = stop;
      let nameFrom = 0, nameTo = 0, valueFrom = 0, valueTo = 0;
      while (message.next()) {
        if (message.field === 1) {
          message.expect(LENGTH);
          message.range();
          nameFrom = message.start;
          nameTo = message.stop;
        } else if (message.field === 2) {
          message.expect(LENGTH);
          message.range();
          valueFrom = message.start;
          valueTo = message.stop;
        } else message.skip();
      }
      message.pos = stop;
      message.end = end;
      into.add(nameFrom, nameTo, valueFrom, valueTo);
    }
    return true;
  }
}

/** Whether a label is its name and its value, in this order and both short, and nothing else: so everybody writes them. */
function isPlain(body: Buffer, from: number, to: number): boolean {
  const nameSize = body[from + 1] ?? 0x80;
  const valueAt = from + 2 + nameSize;
  return body[from] === NAME && nameSize < 0x80 && valueAt + 2 <= to && body[valueAt] === VALUE && body[valueAt + 1] === to - valueAt - 2;
}

/** Calls `take` with every series of a prometheus.WriteRequest, and notes its metadata. Throws DECODE_FAILED. */
export function* readV1(body: Buffer, families: Families, now: UnixMs, take: TakeSeries): Work<void> {
  const series = new SeriesV1(body);
  const request = new Reader(body);
  let fields = 0;
  while (request.next()) {
    fields += 1;
    if (fields % SERIES_A_STEP === 0) yield;
    if (request.field === 1) {
      request.expect(LENGTH);
      request.range();
      series.begin(request.start, request.stop);
      while (series.readOn()) yield STRIDE_BYTES;
      const rest = take(series);
      if (rest) yield* rest;
    } else if (request.field === 3) yield* readMetadata(request.message(), families, now);
    else if (request.field === 4 || request.field === 5) throw new PipelineError('DECODE_FAILED', `not a valid prometheus.WriteRequest: field ${request.field} is one of Remote Write 2.0; is proto=io.prometheus.write.v2.Request missing from the content-type?`);
    else request.skip();
  }
}

/** What cannot be noted, because there are too many families, is taken from the name. */
function* readMetadata(message: Reader, families: Families, now: UnixMs): Work<void> {
  let type = 0, name = '', help = '', unit = '';
  let fields = 0;
  while (message.next()) {
    fields += 1;
    if (fields % FIELDS_A_STEP === 0) yield STRIDE_BYTES;
    switch (message.field) {
      case 1: message.expect(VARINT); type = message.varint(); break;
      case 2: message.expect(LENGTH); name = message.text(); break;
      case 4: message.expect(LENGTH); help = message.text(); break;
      case 5: message.expect(LENGTH); unit = message.text(); break;
      default: message.skip();
    }
  }
  if (name !== '') families.note(name, type, help, unit, now);
}
