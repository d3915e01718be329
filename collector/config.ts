import { z } from 'zod';
import { byteSize } from '#core/bytes.js';
import { durationWithin } from '#core/duration.js';

/** As a browser names it: a scheme, a host and no path, or `null` for a page without any. Those of extensions and apps are taken as they are written. */
const isOrigin = (text: string): boolean => text === '*' || text === 'null' || (/^https?:/.test(text) ? URL.canParse(text) && new URL(text).origin === text : /^[a-z][a-z\d+.-]*:\/\/[^/?#]+$/.test(text));

export const collectorConfig = z.strictObject({
  max_body: byteSize.prefault('20MiB').describe('Largest request, as sent and again after decompression.'),
  max_in_flight: byteSize.prefault('256MiB').describe('Bytes of requests being read or decoded at a time; above it senders are told to retry. One address may hold three quarters of it.'),
  cors_origins: z.array(z.string().refine(isOrigin, 'expected an origin such as https://shop.example, without a path, or *')).prefault([]).describe('Origins whose browsers may send OTLP/HTTP; `*` for any. None by default.'),
  commit_interval: durationWithin('0ms', '1m').prefault('20ms').describe('How long requests wait to share one fsync before they are acknowledged.'),
  insert_interval: durationWithin('0ms', '1h').prefault('1s').describe('How long acknowledged data waits to share one insert.'),
  max_queue: byteSize.prefault('2GiB').describe('Bytes of acknowledged data kept on disk while ClickHouse does not take them; above it senders are told to retry.'),
  limits: z
    .strictObject({
      per_source: z
        .strictObject({
          items_per_second: z.int().nonnegative().prefault(0).describe('Spans, data points and log records a second that one service may send, with bursts of ten seconds\' worth; above it the sender is told when to send again. 0: no limit.'),
          new_series: z.int().positive().prefault(500_000).describe('Metric series of one service that may be new within an hour; the others are refused, and the label that makes them is named.'),
        })
        .prefault({}),
    })
    .prefault({}),
});
export type CollectorConfig = z.output<typeof collectorConfig>;
