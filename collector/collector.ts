import { join, resolve } from 'node:path';
import type { SenderCheck } from '#core/access.js';
import type { ApiSource } from '#core/api/status.js';
import type { Clock } from '#core/clock.js';
import type { Logger } from '#core/log.js';
import type { Registry } from '#core/metrics.js';
import type { Tls } from '#core/http-server.js';
import type { Component, UnixMs } from '#core/types.js';
import type { Store } from '#store/store.js';
import { createAdmission } from './admission.js';
import { collectorMetrics } from './collector-metrics.js';
import type { CollectorConfig } from './config.js';
import { createDecoder, type DecodedBlock, DEFAULT_LIMITS, type Limits } from './decode/decoder.js';
import { createIngest } from './ingest.js';
import { giveBuffer } from './kept-buffers.js';
import { createNewSeries } from './new-series.js';
import { createOtlpGrpc } from './otlp-grpc.js';
import { createOtlpHttp } from './otlp-http.js';
import { createSourceRates } from './rates.js';
import { createPatternKeeper } from './patterns/keeper.js';
import { createPatternMiner } from './patterns/miner.js';
import { createProcesses } from './processes.js';
import { createRemoteWriteDecoder } from './remote-write/decoder.js';
import { createRemoteWriteHandler, type RemoteWriteHandler } from './remote-write/handler.js';
import { createRemoteWriteIngest } from './remote-write/ingest.js';
import { createQueue, type QueueStatus } from './queue/queue.js';
import { createSources, type Judging } from './sources.js';

export interface CollectorOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: CollectorConfig;
  readonly host: string;
  /** 0 takes a free one. */
  readonly ports: { readonly otlpHttp: number; readonly otlpGrpc: number };
  readonly dataDir: string;
  /** Who may send; absent: anybody. What mounts `remoteWrite` elsewhere asks by itself. */
  readonly senders?: SenderCheck | undefined;
  /** What the ports show who connects; absent: they do without TLS. */
  readonly tls?: Tls | undefined;
  /** How old a record may be: the retention of its signal. Default 15 days. */
  readonly maxAgeMs?: Limits['maxAgeMs'];
  /** When what arrives is judged, to say who sends too late for that; absent: never. */
  readonly judging?: Judging;
}

export interface Collector extends Component {
  /** `ready`: what arrives can be kept. */
  status(): { readonly queue: QueueStatus; readonly ready: boolean };
  /** When the oldest data arrived that are acknowledged and not in ClickHouse yet, but for what it refuses while it takes others; Infinity when there are none. */
  waitingSince(): UnixMs;
  /** Who sent what lately. */
  sources(): readonly ApiSource[];
  /** Serves Prometheus' remote write; the OTLP/HTTP port has it, and other servers may mount it. */
  readonly remoteWrite: RemoteWriteHandler;
  /** The ports that are bound. */
  ports(): { readonly otlpHttp: number; readonly otlpGrpc: number };
  /** Where this process itself sends OTLP over HTTP. */
  ownUrl(): string;
}

/** Receivers → decoder → queue on disk → ClickHouse. An acknowledged record is on disk. */
export function createCollector({ store, registry, logger, clock, config, host, ports, dataDir, senders, tls, maxAgeMs = DEFAULT_LIMITS.maxAgeMs, judging }: CollectorOptions): Collector {
  const metrics = collectorMetrics(registry);
  const sources = createSources(clock, () => metrics.faultline_collector_unlisted_sources_total.inc(), judging);
  const limited = (reason: 'rate' | 'share' | 'series', items: number): void => metrics.faultline_collector_limited_items_total.inc({ reason }, items);
  const { items_per_second: itemsPerSecond, new_series: limit } = config.limits.per_source;
  const rates = createSourceRates({ itemsPerSecond, clock, limited, fullness: () => queue.fullness() });
  const newSeries = createNewSeries({ limit, clock, limited: (series) => limited('series', series) });
  const limits = { ...DEFAULT_LIMITS, maxAgeMs, rates, newSeries };
  const remoteWrites = createRemoteWriteDecoder({ limits, clock });
  const recall = (table: string, native: Buffer): void => {
    if (table === 'metric_samples') remoteWrites.remember(native);
  };
  const admission = createAdmission(config.max_in_flight);
  const queue = createQueue({ folder: resolve(join(dataDir, 'queue')), store, config, metrics, logger, clock, recall, requests: () => admission.requests() });
  const patterns = createPatternMiner();
  const keeper = createPatternKeeper({ miner: patterns, store, clock, logger, metrics });
  const processes = createProcesses({ store, clock, logger, unkept: (reason) => metrics.faultline_collector_unkept_processes_total.inc({ reason }) });
  const consume = (blocks: readonly DecodedBlock[]): Promise<void> =>
    queue.put(blocks).finally(() => {
      for (const { native } of blocks) giveBuffer(native);
    });
  const kept = { queue: { consume }, sources, metrics };
  const ingest = createIngest({ ...kept, processes, decoder: createDecoder({ limits, clock, patterns }) });
  const remoteWrite = createRemoteWriteHandler({ config, admission, ingest: createRemoteWriteIngest({ ...kept, decoder: remoteWrites }), metrics, logger });
  const http = createOtlpHttp({ host, port: ports.otlpHttp, config, admission, ingest, remoteWrite, senders, tls, metrics, logger });
  const grpc = createOtlpGrpc({ host, port: ports.otlpGrpc, config, admission, ingest, senders, tls, metrics });
  let ready = false;
  async function stop(): Promise<void> {
    ready = false;
    await Promise.all([http.stop(), grpc.stop()]);
    await queue.stop();
    await keeper.stop();
    await processes.stop();
  }
  return {
    name: 'collector',
    stop,
    async start() {
      try {
        await keeper.start();
        await processes.start();
        await queue.start();
        await http.start();
        await grpc.start();
      } catch (error) {
        await stop();
        throw error;
      }
      ready = true;
    },
    remoteWrite,
    status: () => ({ queue: queue.status(), ready: ready && queue.isWritable() }),
    waitingSince: () => queue.waitingSince(),
    sources: () => sources.list(),
    ownUrl: () => http.ownUrl(),
    ports: () => ({ otlpHttp: http.port(), otlpGrpc: grpc.port() }),
  };
}
