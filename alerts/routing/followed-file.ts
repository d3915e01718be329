import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#core/clock.js';
import type { Logger } from '#core/log.js';
import { builtInRouting, loadRoutingFile, requireRoutingFile, stampOfRouting, type LoadReceivers, type RoutingFile } from './load-file.js';
import type { RoutingMetrics } from './routing-metrics.js';

/** The alertmanager.yml at a path, as it changes. */
export interface FollowedFile {
  /** Throws CONFIG_INVALID with every fault of it. */
  load(): Promise<RoutingFile>;
  /** The file, where it changed since and has no faults: otherwise the one before stays in use. */
  reload(): Promise<RoutingFile | undefined>;
  /** Of the one on disk. */
  faults(): readonly string[];
}

export interface FollowedFileOptions {
  readonly path: string;
  readonly loadReceivers: LoadReceivers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: RoutingMetrics;
}

export function createFollowedFile({ path, loadReceivers, clock, logger, metrics }: FollowedFileOptions): FollowedFile {
  let faults: readonly string[] = [];
  let stamp = '';
  let templates: readonly string[] = [];

  return {
    async load() {
      const file = path === '' ? builtInRouting() : await requireRoutingFile(path, loadReceivers, clock());
      ({ templates } = file);
      stamp = path === '' ? '' : await stampOfRouting(path, templates);
      return file;
    },
    async reload() {
      const seen = await stampOfRouting(path, templates);
      if (seen === stamp) return undefined;
      const loaded = await loadRoutingFile(path, loadReceivers, clock());
      // Of what was there before it was read: what is written meanwhile is read next time.
      stamp = isDeepStrictEqual(loaded.templates, templates) ? seen : await stampOfRouting(path, loaded.templates);
      ({ faults, templates } = loaded);
      metrics.faultline_alerts_routing_faults.set(faults.length);
      if (!loaded.file) logger.error({ file: path, faults }, 'the routing of alerts was not changed: the file has faults, the last good one stays in use');
      return loaded.file;
    },
    faults: () => faults,
  };
}
