import { isBacklog } from '#core/metric-words.js';
import type { Anomaly, Series } from '#core/types.js';
import type { Topology } from './topology.js';

/** Labels that name a group of consumers, as OpenTelemetry, exporters and brokers call them. `group` does where the metric is of such groups. Sources: https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/, https://github.com/danielqsj/kafka_exporter, https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/receiver/kafkametricsreceiver */
const GROUP = /^(?:\w+_)?consumer_?group(?:_name|_id)?$/i;
const OF_GROUPS = /consumer_?group|(?:^|[._])lag(?:[._]|$)/i;
/** Where a metric has no labels its name ends with the group: `kafka_consumergroup_lag_billing`. */
const NAMED = /consumer[._]?group[._](?:\w+?[._])?lag[._](.+)$/i;
const QUEUE = /(?:^|_)queue(?:_name)?$|^(?:messaging_)?destination(?:_name)?$/;

/** Whoever is to take what waits is in trouble where more and more does, not the broker or exporter that counts it: its anomaly as one of that service. As it is where that is not known, or a service that is asked or calls itself measures it. */
export function ofTaker(anomaly: Anomaly, topology: Topology): Anomaly {
  const taker = topology.isSpeaking(anomaly.series.service) ? undefined : takerOf(anomaly.series, topology);
  return taker === undefined ? anomaly : { ...anomaly, series: { ...anomaly.series, service: taker }, measuredBy: anomaly.series.service };
}

function takerOf(series: Series, topology: Topology): string | undefined {
  if (series.kind !== 'metric') return undefined;
  const { metric, labels } = series;
  const isOfGroups = OF_GROUPS.test(metric);
  const group = Object.entries(labels).find(([label]) => GROUP.test(label) || (isOfGroups && label === 'group'))?.[1] ?? NAMED.exec(metric)?.[1];
  if (group !== undefined) return topology.named(group);
  const queue = isBacklog(series) ? Object.entries(labels).find(([label]) => QUEUE.test(label))?.[1] : undefined;
  const takers = queue === undefined ? [] : topology.takersFrom(queue);
  return takers.length === 1 ? takers[0] : undefined;
}
