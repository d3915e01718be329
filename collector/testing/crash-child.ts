import { systemClock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { openStore } from '#store/open.js';
import { createCollector } from '../collector.js';
import { collectorConfig } from '../config.js';

/** A collector over the folder in argv, for a test that kills it. Sends its port; then its status, and the spans and samples it holds, when asked. */
const [, , dataDir = ''] = process.argv;
const store = await openStore({ dataDir });
const collector = createCollector({ store, registry: new Registry(), logger: silentLogger, clock: systemClock, config: collectorConfig.parse({ insert_interval: '50ms' }), host: '127.0.0.1', ports: { otlpHttp: 0, otlpGrpc: 0 }, dataDir });
await collector.start();
process.on('message', () => {
  const { segments } = collector.status().queue;
  const spans = store.query<{ id: string; n: string }>('SELECT SpanId AS id, count() AS n FROM otel_traces GROUP BY id');
  const samples = store.query<{ id: string; n: string }>("SELECT concat(name, ' ', toString(toUnixTimestamp64Milli(time))) AS id, count() AS n FROM metric_samples JOIN (SELECT DISTINCT id, name FROM metric_series) AS s ON s.id = series WHERE startsWith(name, 'crash') GROUP BY id");
  void Promise.all([spans, samples]).then((found) => process.send?.({ segments, spans: found[0], samples: found[1] }));
});
process.on('disconnect', () => process.exit());
process.send?.({ port: collector.ports().otlpHttp });
