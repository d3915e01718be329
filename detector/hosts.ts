import type { Labels } from '#core/types.js';

/** What the OpenTelemetry Collector measures of a host, not what a process measures of itself. Sources: https://opentelemetry.io/docs/specs/semconv/system/system-metrics/, https://opentelemetry.io/docs/specs/semconv/system/k8s-metrics/ */
const OF_HOST = /^(system|k8s_node)_/;
/** The same of Prometheus' node exporter. Source: https://github.com/prometheus/node_exporter */
const OF_NODE_EXPORTER = /^node_(cpu|memory|load\d+|disk|filesystem|network|netstat|pressure|vmstat|schedstat|procs)(_|$)/;

/** What is stored of a metric series that says which host it is about. */
export interface Placed {
  readonly name: string;
  readonly labels: Labels;
  /** `k8s.node.name`, or else `host.name`. */
  readonly host: string;
  /** `telemetry.sdk.name`: whether a process says it of the host it runs on; several may say the same, and in a container it is called as the container. */
  readonly sdk: string;
}

/** The host that a series is about; undefined where it is about what sends it. */
export function hostOf({ name, labels, host, sdk }: Placed): string | undefined {
  if (OF_HOST.test(name)) return sdk === '' && host !== '' ? host : undefined;
  return OF_NODE_EXPORTER.test(name) ? host || labels['node'] || withoutPort(labels['instance'] ?? '') || undefined : undefined;
}

/** `node-2:9100` → `node-2`, `[::1]:9100` → `::1` */
const withoutPort = (instance: string): string => instance.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
