import { readAttribute } from '../attributes.js';
import { pushId, SPAN_ID_BYTES, TRACE_ID_BYTES } from '../ids.js';
import type { Tally } from '../outcome.js';
import { FIXED64, LENGTH } from '../reader.js';
import type { KnownSeries } from '../series.js';
import type { MetricColumns } from './columns.js';
import { doubleOf, fixedMs, type Point } from './point.js';

/** What one takes without its attributes, however short it was sent. */
const EXEMPLAR_BYTES = 34;

/** Each exemplar of a point belongs to one of its series. One without a time, or with an impossible one, gets the point's. */
export function writeExemplars(children: readonly KnownSeries[], point: Point, { exemplars }: MetricColumns, tally: Tally): void {
  tally.repeat(point.exemplars.length * EXEMPLAR_BYTES);
  for (const reader of point.exemplars) {
    let timeMs = 0, value = 0, traceAt = 0, traceEnd = 0, spanAt = 0, spanEnd = 0;
    while (reader.next()) {
      switch (reader.field) {
        case 2: timeMs = fixedMs(reader); break;
        case 3: value = doubleOf(reader); break;
        case 4: reader.expect(LENGTH); reader.range(); spanAt = reader.start; spanEnd = reader.stop; break;
        case 5: reader.expect(LENGTH); reader.range(); traceAt = reader.start; traceEnd = reader.stop; break;
        case 6: reader.expect(FIXED64); value = reader.int64(); break;
        case 7: readAttribute(reader, exemplars.attributes); break;
        default: reader.skip();
      }
    }
    exemplars.series.pushBigInt(children[point.childOf(value)]?.id ?? 0n);
    exemplars.time.push(tally.timeFault(timeMs) === undefined ? timeMs : point.timeMs);
    exemplars.value.push(value);
    pushId(exemplars.traceId, reader.bytes, traceAt, traceEnd, TRACE_ID_BYTES);
    pushId(exemplars.spanId, reader.bytes, spanAt, spanEnd, SPAN_ID_BYTES);
    exemplars.attributes.endRow();
  }
}
