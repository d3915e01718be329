import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '#core/clock.js';
import { seriesId } from '#core/series-id.js';
import type { Labels, UnixMs } from '#core/types.js';
import { MapColumn, nativeBlock, NumberColumn, StringColumn, type NativeColumn } from '#store/native.js';
import type { Store } from '#store/store.js';
import type { RuleSample } from './rule.js';

/** `metric_series` says what a series is; it is written when first seen and again after this, so that `last_seen` stays true. */
const REPEAT_MS = 600_000;
/** Prometheus' stale marker, a NaN of its own, low word first. */
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff0_0000;
/** What rules make is Faultline's own: the detector judges what it was made from. */
const SERVICE = 'faultline';
const SCOPE = 'faultline.rules';

export interface RuleRows {
  readonly samples: readonly RuleSample[];
  /** Series that end here. */
  readonly ended: readonly Labels[];
}

/** Where the series that rules make are kept. Resolves when queries see them. */
export interface SeriesWriter {
  write(rows: RuleRows, time: UnixMs): Promise<void>;
}

/** Tells them from those of a Prometheus, which remote-writes its own `ALERTS` too. */
export interface RuleSeries extends SeriesWriter {
  /** Whether alerts of this name are of rules here, by their labels. */
  alertsOf(alertname: string): Promise<(labels: Labels) => boolean>;
}

/** Writes to the tables that received metrics are in, so that every query finds both. */
export function createSeriesWriter({ store, clock, folder }: { readonly store: Store; readonly clock: Clock; /** For files on their way. */ readonly folder: string }): RuleSeries {
  const described = new Map<bigint, UnixMs>();
  const run = randomBytes(6).toString('hex');
  let count = 0;
  let swept = false;

  /** Removes what a process that was killed left there. */
  async function sweep(): Promise<void> {
    if (swept) return;
    swept = true;
    for (const name of await readdir(folder)) if (!name.startsWith(`${run}-`)) await rm(join(folder, name), { force: true });
  }

  async function insert(table: string, columns: readonly NativeColumn[]): Promise<void> {
    if ((columns[0]?.rows ?? 0) === 0) return;
    const name = `${run}-${(count += 1)}-${table}`;
    const path = join(folder, `${name}.native`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweep();
    try {
      await writeFile(path, nativeBlock(columns));
      await store.insertNativeFile(table, path, `rules-${name}`);
    } finally {
      await rm(path, { force: true });
    }
  }

  return {
    async write({ samples, ended }, time) {
      const now = clock();
      const series = createSeriesColumns();
      const rows = { series: new NumberColumn('series', 'UInt64'), time: new NumberColumn('time', 'DateTime64(3)'), value: new NumberColumn('value', 'Float64') };
      const fresh: bigint[] = [];
      for (const { labels, value } of samples) {
        const id = idOf(labels);
        if (now - (described.get(id) ?? 0) >= REPEAT_MS) {
          describe(series, id, labels, now);
          fresh.push(id);
        }
        rows.series.pushBigInt(id);
        rows.time.push(time);
        rows.value.push(value);
      }
      for (const labels of ended) {
        const id = idOf(labels);
        described.delete(id);
        rows.series.pushBigInt(id);
        rows.time.push(time);
        rows.value.pushParts(STALE_LOW, STALE_HIGH);
      }
      await insert('metric_series', Object.values(series));
      for (const id of fresh) described.set(id, now);
      await insert('metric_samples', Object.values(rows));
    },
    async alertsOf(alertname) {
      const rows = await store.query<{ id: string }>("SELECT DISTINCT id FROM metric_series WHERE name = 'ALERTS_FOR_STATE' AND labels['alertname'] = {alertname:String} AND scope_name = {scope:String}", { params: { alertname, scope: SCOPE } });
      const ids = new Set(rows.map(({ id }) => id));
      return (labels) => ids.has(String(idOf({ ...labels, __name__: 'ALERTS_FOR_STATE' })));
    },
  };
}

const nameless = ({ __name__: _name, ...labels }: Labels): Labels => labels;

/** The id that the collector gives a series of this name with these labels. */
function idOf(labels: Labels): bigint {
  return seriesId(labels['__name__'] ?? '', nameless(labels));
}

function createSeriesColumns() {
  return {
    id: new NumberColumn('id', 'UInt64'), name: new StringColumn('name'), labels: new MapColumn('labels'), metric: new StringColumn('metric'), type: new StringColumn('type'), unit: new StringColumn('unit'),
    description: new StringColumn('description'), temporality: new StringColumn('temporality'), monotonic: new NumberColumn('monotonic', 'Bool'), service: new StringColumn('service'), resource: new MapColumn('resource'),
    attributes: new MapColumn('attributes'), scopeName: new StringColumn('scope_name'), scopeVersion: new StringColumn('scope_version'), lastSeen: new NumberColumn('last_seen', 'DateTime'),
  };
}

function describe(columns: ReturnType<typeof createSeriesColumns>, id: bigint, labels: Labels, now: UnixMs): void {
  const name = labels['__name__'] ?? '';
  const own = nameless(labels);
  columns.id.pushBigInt(id);
  columns.name.push(name);
  columns.labels.pushRecord(own);
  columns.metric.push(name);
  columns.type.push('gauge');
  columns.unit.push('');
  columns.description.push(name === 'ALERTS' || name === 'ALERTS_FOR_STATE' ? 'State of an alert rule.' : 'Recorded by a rule.');
  columns.temporality.push('');
  columns.monotonic.push(0);
  columns.service.push(SERVICE);
  columns.resource.pushRecord({});
  columns.attributes.pushRecord(own);
  columns.scopeName.push(SCOPE);
  columns.scopeVersion.push('');
  columns.lastSeen.push(Math.floor(now / 1000));
}
