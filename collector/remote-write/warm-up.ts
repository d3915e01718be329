import { systemClock } from '#core/clock.js';
import { describedIn } from '#store/described.js';
import { earliestIn } from '#store/inserts.js';
import { Bytes } from '#store/native.js';
import { rowsIn } from '#store/samples.js';
import { DEFAULT_LIMITS } from '../decode/outcome.js';
import { finishInSlices } from '../decode/work.js';
import { giveBuffer } from '../kept-buffers.js';
import { createNewSeries } from '../new-series.js';
import { createRemoteWriteDecoder, type RemoteWriteDecoder } from './decoder.js';

/** Requests of series that are new, then rounds of known ones, and series in each request: what is called so often is optimised code. Tables grow on the way, and a source gets to have many series. */
const REQUESTS = 14;
const ROUNDS = 2;
const SERIES = 500;
const STEP_MS = 15_000;

/** Decodes made-up requests until the code is compiled: when this process starts anew, every series is new to it, and all senders come at once. Takes a part of a second, in slices. */
export async function warmUpRemoteWrite(): Promise<void> {
  // Two: code that has seen the functions of one decoder only is thrown away when another's come.
  const decoders = [makeDecoder(), makeDecoder()];
  const began = systemClock();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let request = 0; request < REQUESTS; request += 1) {
      const body = writeRequest(request * SERIES, began + round * STEP_MS);
      for (const decoder of decoders) {
        for (const { table, native } of (await finishInSlices(decoder.work(1, body))).blocks) {
          readInserted(table, native);
          giveBuffer(native);
        }
      }
    }
  }
}

function makeDecoder(): RemoteWriteDecoder {
  const newSeries = createNewSeries({ limit: Infinity, clock: systemClock, limited: () => undefined });
  return createRemoteWriteDecoder({ limits: { ...DEFAULT_LIMITS, newSeries }, clock: systemClock });
}

/** As is done with what was inserted. */
function readInserted(table: string, native: Buffer): void {
  if (table === 'metric_samples') {
    earliestIn(native);
    for (const rows of rowsIn(native)) void rows;
  } else if (table === 'metric_series') for (const rows of describedIn(native)) void rows;
}

/** A prometheus.WriteRequest with one sample of each of SERIES series. */
function writeRequest(first: number, timeMs: number): Buffer {
  const request = new Bytes();
  for (let series = first; series < first + SERIES; series += 1) {
    const target = Math.floor(series / 50);
    const message = new Bytes();
    for (const [name, value] of [['__name__', `made_up_${series % 20}_total`], ['code', series % 10 === 0 ? '500' : '200'], ['instance', `10.0.0.${target}:9100`], ['job', `job-${target % 3}`], ['path', `/made/up/${series}`]] as const) {
      const label = new Bytes();
      label.byte(0x0a);
      label.text(name);
      label.byte(0x12);
      label.text(value);
      put(message, 0x0a, label);
    }
    const sample = new Bytes();
    sample.byte(0x09);
    // Halves of more and of fewer than 31 bits: they are other kinds of numbers to the engine.
    sample.uint64(series % 3 === 0 ? 0 : 0x9999_999a, 0x4059_0000);
    sample.byte(0x10);
    sample.varint(timeMs);
    put(message, 0x12, sample);
    put(request, 0x0a, message);
  }
  return request.view();
}

function put(out: Bytes, tag: number, { buffer, length }: Bytes): void {
  out.byte(tag);
  out.varint(length);
  out.copy(buffer, 0, length);
}
