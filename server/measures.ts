import { isFailures, servedOf } from '#core/served.js';
import type { Anomaly, Incident, Labels, Series } from '#core/types.js';

/** Labels that say who measured, not what. */
const WHO = /^(job|instance|service_instance_id|process_pid|host(_name|_id)?|(k8s_)?(pod|container|node)(_name|_id|_uid)?)$/;
/** What libraries for Prometheus call the path of a request. */
const PATHS = ['path', 'handler', 'route', 'uri', 'endpoint'];
/** Of these a service as a whole is the sum of its operations. */
const OF_REQUESTS = ['errors', 'latency', 'requests'];

/** Ids of the anomalies of an incident by what they measure, in their order: those of one service, symptom and operation are one. */
export function measuresOf(evidence: readonly Anomaly[]): string[][] {
  const all = evidence.map(({ id, series }) => ({ id, symptom: symptomOf(series), of: `${series.service}\n${symptomOf(series)}`, operation: operationOf(series) }));
  const operations = new Map<string, Set<string>>();
  for (const { of, operation } of all) if (operation !== '') operations.set(of, (operations.get(of) ?? new Set()).add(operation));
  const measures = new Map<string, string[]>();
  for (const { id, symptom, of, operation } of all) {
    const known = operation === '' && OF_REQUESTS.includes(symptom) ? operations.get(of) : undefined;
    // Where one operation is in trouble, the whole service shows the same.
    const [only] = known?.size === 1 ? known : [operation];
    const key = `${of}\n${only}`;
    measures.set(key, [...(measures.get(key) ?? []), id]);
  }
  return [...measures.values()];
}

/** The first measure of each service that is named as a cause before all others: it may be none that users notice, such as the use of a host. */
export function causesFirst(measures: readonly string[][], { causes, evidence }: Pick<Incident, 'causes' | 'evidence'>): string[][] {
  const services = new Map(evidence.map(({ id, series }) => [id, series.service]));
  const named = causes.filter(({ independent }, rank) => rank === 0 || independent).map(({ service }) => measures.find(([first = '']) => services.get(first) === service));
  return [...measures.filter((one) => named.includes(one)), ...measures.filter((one) => !named.includes(one))];
}

function symptomOf({ kind, metric, labels }: Series): string {
  if (kind === 'errors' || kind === 'latency') return kind;
  if (kind === 'rate') return 'requests';
  if (isFailures({ kind, metric, labels })) return 'errors';
  const served = kind === 'metric' ? servedOf(metric) : undefined;
  if (served === 'mean' && !labels['error_type']) return 'latency';
  if (served === 'count') return labels['error_type'] ? 'errors' : 'requests';
  return `${kind} ${metric}`;
}

/** As its span is called; of other metrics, what their labels tell apart. */
function operationOf({ kind, operation, metric, labels }: Series): string {
  if (kind !== 'metric' || operation !== '') return operation || (labels['pattern'] ?? '');
  if (servedOf(metric) === undefined && !isFailures({ kind, metric, labels })) return JSON.stringify(Object.keys(labels).filter((name) => !WHO.test(name)).toSorted().map((name) => [name, labels[name]]));
  return spanNameOf(labels);
}

function spanNameOf(labels: Labels): string {
  const of = (...names: readonly string[]): string => names.map((name) => labels[name] ?? '').filter(Boolean).join(' ');
  return of('http_request_method', 'http_route') || [labels['rpc_service'], labels['rpc_method']].filter(Boolean).join('/') || of('messaging_operation_name', 'messaging_destination_name')
    || [labels['grpc_service'], labels['grpc_method']].filter(Boolean).join('/') || of('method', PATHS.find((name) => labels[name] !== undefined) ?? '');
}
