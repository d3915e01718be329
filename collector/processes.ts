import type { Clock } from '#core/clock.js';
import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { GONE_GAPS } from '#core/processes.js';
import { createRepeat } from '#core/repeat.js';
import type { Component, UnixMs } from '#core/types.js';
import { rfc3339 } from '#core/words.js';
import type { Store } from '#store/store.js';
import type { Decoded } from './decode/decoder.js';
import type { Resource } from './decode/resource.js';

/** What tells one process of a service from another, where it is said. Source: https://opentelemetry.io/docs/specs/semconv/resource/ */
const IDENTITY = ['service.instance.id', 'k8s.pod.uid', 'k8s.pod.name', 'container.id', 'host.name', 'process.pid'];
/** Each process has its own of these, or they are said elsewhere. */
const OF_ONE = /^(service\.(name|instance\.id)|telemetry\..*|process\..*|host\..*|os\..*|k8s\.(pod|node|container)\..*|container\.(id|name)|cloud\..*)$/;
const MAX_ATTRIBUTES = 32;
const MAX_LENGTH = 200;
/** Of all services; one with more than MAX_OF_SERVICE starts a process for each task, and those say nothing. */
const MAX_PROCESSES = 50_000;
const MAX_OF_SERVICE = 2_000;
const SAVE_MS = 5_000;
/** Rows of one insert; the others wait for the next. */
const MAX_ROWS = 5_000;
/** That a process is still heard is written so often, and when it has been silent for QUIET_MS. */
const REPEAT_MS = 60_000;
const QUIET_MS = 20_000;
/** Longer than the longest that telemetry is usually apart. */
const FORGET_MS = 1_200_000;
/** How long a process is usually silent is judged by this and as much before it. */
const PERIOD_MS = 900_000;

interface Process {
  readonly service: string;
  readonly process: string;
  readonly host: string;
  readonly first: UnixMs;
  readonly attributes: Resource['record'];
  last: UnixMs;
  writtenLast: UnixMs;
  /** Its two longest silences since `since`, and those of the period before. */
  since: UnixMs;
  longestMs: readonly [number, number];
  beforeMs: readonly [number, number];
}

/** The processes that OTLP comes from, kept in `service_processes`. */
export interface Processes extends Component {
  seen(decoded: Pick<Decoded, 'sources'>): void;
}

export interface ProcessesOptions {
  readonly store: Pick<Store, 'insert'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told whenever one is heard that is not kept: its service, or all together, has as many as are. */
  readonly unkept: (reason: 'service' | 'all') => void;
}

export function createProcesses({ store, clock, logger, unkept }: ProcessesOptions): Processes {
  const services = new Map<string, Map<string, Process>>();
  let size = 0;

  function note(service: string, record: Resource['record'], now: UnixMs): void {
    const process = identityOf(record);
    if (process === '') return;
    const own = services.get(service) ?? new Map<string, Process>();
    services.set(service, own);
    const known = own.get(process);
    if (known) hear(known, now);
    else if (own.size >= MAX_OF_SERVICE) unkept('service');
    else if (size >= MAX_PROCESSES) unkept('all');
    else {
      own.set(process, { service, process, host: hostOf(record), first: now, attributes: sharedOf(record), last: now, writtenLast: 0, since: now, longestMs: [0, 0], beforeMs: [0, 0] });
      size += 1;
    }
  }

  function hear(known: Process, now: UnixMs): void {
    const silentMs = now - known.last;
    if (now - known.since >= PERIOD_MS) [known.since, known.beforeMs, known.longestMs] = [now, known.longestMs, [0, 0]];
    const [first, second] = known.longestMs;
    if (silentMs > second) known.longestMs = silentMs > first ? [silentMs, first] : [first, silentMs];
    known.last = now;
  }

  function forget(now: UnixMs): void {
    for (const [service, own] of services) {
      for (const [id, known] of own) if (now - known.last >= FORGET_MS && now - known.last >= GONE_GAPS * gapOf(known) && own.delete(id)) size -= 1;
      if (own.size === 0) services.delete(service);
    }
  }

  async function save(): Promise<void> {
    const now = clock();
    const due = [...services.values()].flatMap((own) => [...own.values()]).filter(({ last, writtenLast }) => last > writtenLast && (last - writtenLast >= REPEAT_MS || now - last >= QUIET_MS)).slice(0, MAX_ROWS);
    const lasts = due.map(({ last }) => last);
    if (due.length > 0) await store.insert('service_processes', due.map((one) => ({ service: one.service, process: one.process, host: one.host, first: rfc3339(one.first), last: rfc3339(one.last), gap: gapOf(one) || null, attributes: one.attributes })));
    for (const [index, one] of due.entries()) one.writtenLast = lasts[index] ?? 0;
    forget(now);
  }

  const saving = createRepeat(SAVE_MS, save, (error) => logger.warn({ error: messageOf(error) }, 'the processes of services were not saved; trying again'));

  return {
    name: 'processes',
    seen({ sources }) {
      const now = clock();
      for (const { service, resources, accepted } of sources) if (accepted > 0) for (const record of resources) note(service, record, now);
    },
    start: async () => saving.start(),
    async stop() {
      await saving.stop();
      await saving.run();
    },
  };
}

/** One silence may be the network's, so the longest but one is taken for usual; 0 while that is not known. */
const gapOf = ({ longestMs, beforeMs }: Process): number => [...longestMs, ...beforeMs].toSorted((a, b) => b - a)[1] ?? 0;

/** '' where nothing tells its processes apart. */
const identityOf = (record: Resource['record']): string => IDENTITY.map((key) => record[key] ?? '').filter(Boolean).join(' ').slice(0, MAX_LENGTH);

/** In a container, `host.name` is the container's. */
const hostOf = (record: Resource['record']): string => (record['k8s.node.name'] || record['host.name'] || '').slice(0, MAX_LENGTH);

/** What its processes have in common unless something is changed: configuration, image, place. */
function sharedOf(record: Resource['record']): Resource['record'] {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => !OF_ONE.test(key) && key.length <= MAX_LENGTH && value !== '' && value.length <= MAX_LENGTH).slice(0, MAX_ATTRIBUTES));
}
