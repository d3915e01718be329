import type { NamedCause } from '#core/feedback.js';
import type { CauseDetail, Incident } from '#core/types.js';
import { isAlert } from '../symptom.js';

const MOST = 500;
/** What an attribute value that only the bad requests have names. */
const INSTANCE = /^(service\.instance\.id|k8s\.pod\.name|host\.name|container\.id)$/;

/** What may be named as the cause of an incident: the ranked causes first, what changed in them and what they show, whoever else is in it, then the rest of the `known` services. */
export function candidatesOf({ causes, services, evidence, timeline, differences }: Incident, known: readonly string[]): NamedCause[] {
  const named = [...new Set([...causes.map(({ service }) => service), ...services, ...evidence.map(({ series }) => series.service)])].filter(Boolean);
  const details = new Map<string, CauseDetail[]>(named.map((service) => [service, []]));
  const put = (service: string, kind: CauseDetail['kind'], name: string): void => {
    const own = details.get(service);
    if (name !== '' && own && !own.some((one) => one.kind === kind && one.name === name)) own.push({ kind, name });
  };
  for (const { kind, service, text } of timeline) if (kind === 'deploy' || kind === 'processes') put(service, 'change', text);
  for (const { key, value } of differences) {
    if (INSTANCE.test(key)) put(causes[0]?.service ?? '', 'instance', value);
    else if (key === 'service.version') put(causes[0]?.service ?? '', 'change', `version ${value}`);
  }
  for (const { series } of evidence) {
    put(series.service, 'operation', series.operation);
    if (series.kind === 'metric' && !isAlert(series)) put(series.service, 'metric', series.metric);
    put(series.service, 'instance', series.labels['service_instance_id'] ?? series.labels['instance'] ?? '');
  }
  const inIt = named.flatMap((service): NamedCause[] => [{ service, detail: null }, ...(details.get(service) ?? []).map((detail) => ({ service, detail }))]);
  const others = known.filter((service) => !details.has(service)).toSorted().map((service): NamedCause => ({ service, detail: null }));
  return [...inIt, ...others].slice(0, MOST);
}
