import type { MetricColumns } from '../decode/metrics/columns.js';
import { FIXED64, Reader } from '../decode/reader.js';
import { MAX_LABELS } from '../label-limits.js';
import type { LabelRanges } from './label-ranges.js';
import { int64 } from './native-histogram.js';
import type { SeriesMessage } from './series-message.js';

/** OpenMetrics allows 128 characters. */
const MAX_BYTES = 4096;
const IDS = { trace: /^[0-9a-f]{32}$/i, span: /^[0-9a-f]{16}$/i };

export interface Exemplar {
  readonly timeMs: number;
  readonly value: number;
  /** undefined: they are invalid. */
  readonly labels: LabelRanges | undefined;
}

/** Where its labels are goes into `labels`. */
export function readExemplar(message: SeriesMessage, from: number, to: number, labels: LabelRanges): Exemplar {
  const reader = new Reader(message.body, from, to);
  let timeMs = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.field === 2) {
      reader.expect(FIXED64);
      value = reader.double();
    } else if (reader.field === 3) timeMs = int64(reader);
    else reader.skip();
  }
  const isWhole = message.labelRanges(new Reader(message.body, from, to), labels);
  return { timeMs, value, labels: isWhole && labels.bytes <= MAX_BYTES && labels.count <= MAX_LABELS ? labels : undefined };
}

/** Writes it; the ids of its trace and span have columns of their own. */
export function pushExemplar({ exemplars }: MetricColumns, low: number, high: number, body: Buffer, { timeMs, value }: Exemplar, { at, count }: LabelRanges): void {
  let traceId = '';
  let spanId = '';
  for (let label = 0; label < 4 * count; label += 4) {
    const key = body.toString('utf8', at[label], at[label + 1]);
    const text = body.toString('utf8', at[label + 2], at[label + 3]);
    if ((key === 'trace_id' || key === 'traceID') && IDS.trace.test(text)) traceId = text.toLowerCase();
    else if ((key === 'span_id' || key === 'spanID') && IDS.span.test(text)) spanId = text.toLowerCase();
    else {
      exemplars.attributes.keys.push(key);
      exemplars.attributes.values.push(text);
    }
  }
  exemplars.attributes.endRow();
  exemplars.series.pushParts(low, high);
  exemplars.time.push(timeMs);
  exemplars.value.push(value);
  exemplars.traceId.push(traceId);
  exemplars.spanId.push(spanId);
}
