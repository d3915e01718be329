import type { Store } from '#store/store.js';

const SERVICES = 200;
const OPERATIONS = 5;
/** Services that have spans, and how many of an operation in a slot. */
const TRACED = 50;
const SPANS = 50;
/** Rows of one insert while the past is written; what is newest comes slot by slot, as live. */
const BLOCK_ROWS = 2_000_000;
const INSERT_LIMIT_S = 600;
const UNIT = '18446744073709551616';

/** Describes `count` series: half gauges, the rest counters, of which a tenth are the halves of histograms. */
export async function describeSeries(store: Store, count: number): Promise<void> {
  await store.command(
    `INSERT INTO metric_series (id, name, labels, metric, type, unit, service, last_seen)
     SELECT cityHash64(number), multiIf(number % 20 = 18, 'task_duration_seconds_count', number % 20 = 19, 'task_duration_seconds_sum', number % 2 = 1, concat('operations_', toString(number % 40), '_total'), concat('level_', toString(number % 40))) AS name,
       map('instance', concat('10.0.', toString(intDiv(number, 250) % 250), '.', toString(intDiv(number, 2) % 250), ':9100'), 'path', concat('/api/v1/resource-', toString(intDiv(number, 20)))), name, if(number % 2 = 1 OR number % 20 = 18, 'counter', 'gauge'), if(number % 20 = 19, 's', ''), concat('service-', toString(intDiv(number, 20) % ${SERVICES})), now()
     FROM numbers(${count})`,
    { timeoutSeconds: INSERT_LIMIT_S },
  );
}

/** Writes a point per series and slot in `[from, to)`, and what spans of some services came to. Each point follows from its series and its time. */
export async function fill(store: Store, count: number, from: number, to: number, stepMs: number): Promise<void> {
  const perBlock = Math.max(1, Math.floor(BLOCK_ROWS / count));
  for (let at = from; at < to; at += perBlock * stepMs) await fillBlock(store, count, at, Math.min(perBlock, Math.round((to - at) / stepMs)), stepMs);
}

async function fillBlock(store: Store, count: number, from: number, slots: number, stepMs: number): Promise<void> {
  const rate = '(5 + id % 50)';
  await store.command(
    `INSERT INTO metric_samples
     SELECT id, fromUnixTimestamp64Milli(at), if(place % 2 = 1 OR place % 20 = 18, floor(${rate} * (at / 1000 - 1600000000 + 0.3 * ${stepMs / 1000} * noise)), (1 + id % 1000) * (1 + 0.05 * (noise - 0.5)))
     FROM (SELECT number % ${count} AS place, cityHash64(place) AS id, toInt64(${from} + intDiv(number, ${count}) * ${stepMs} + id % ${stepMs}) AS at, cityHash64(id, at) / ${UNIT} AS noise FROM numbers(${count * slots}))
     SETTINGS max_partitions_per_insert_block = 0`,
    { timeoutSeconds: INSERT_LIMIT_S },
  );
  await store.command(
    `INSERT INTO red_5s
     SELECT toDateTime(${from / 1000} + slot * ${stepMs / 1000}), concat('service-', toString(place % ${TRACED} * ${SERVICES / TRACED})), concat('GET /', toString(intDiv(place, ${TRACED}))), 'Server', '1', count(), countIf(noise % 200 = 0), sum(took), quantilesTDigestState(0.5, 0.95, 0.99)(toFloat32(took))
     FROM (SELECT number % ${slots} AS slot, intDiv(number, ${slots}) % ${TRACED * OPERATIONS} AS place, cityHash64(number, ${from}) AS noise, 20 + noise % 101 AS took FROM numbers(${slots * TRACED * OPERATIONS * SPANS})) GROUP BY slot, place`,
    { timeoutSeconds: INSERT_LIMIT_S },
  );
}
