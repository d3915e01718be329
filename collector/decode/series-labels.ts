import { MAX_LABEL_BYTES, MAX_LABELS } from '../label-limits.js';
import { labelName } from './prometheus-name.js';
import type { Resource } from './resource.js';
import { resourceLabels } from './resource-labels.js';

/** What tells two processes of one service apart, best first. Without one their counters would mix into one series. */
const INSTANCE_ATTRIBUTES = ['service.instance.id', 'k8s.pod.name', 'container.id', 'host.name'];

/** Labels of all series that a point makes: those of its attributes and its resource. */
export function baseLabels(resource: Resource, attributes: Readonly<Record<string, string>>): Record<string, string> {
  const { record, service } = resource;
  const labels = new Map<string, string>();
  for (const key of Object.keys(attributes).toSorted()) {
    const value = attributes[key];
    if (!value) continue;
    const name = labelName(key);
    // A label needs a name.
    if (name === '') continue;
    const other = labels.get(name);
    // As the compatibility specification has it for keys that become the same label.
    labels.set(name, other === undefined ? value : `${other};${value}`);
  }
  // The name of the series itself.
  keepAside(labels, '__name__');
  labels.delete('__name__');
  const namespace = record['service.namespace'];
  setOwn(labels, 'job', namespace ? `${namespace}/${service}` : service);
  const instance = INSTANCE_ATTRIBUTES.map((key) => record[key]).find(Boolean);
  if (instance) setOwn(labels, 'instance', instance);
  // What a point says of itself stands, and what the instance says is said.
  for (const [name, value] of resourceLabels(resource)) if (!labels.has(name) && value !== instance) labels.set(name, value);
  return Object.fromEntries(labels);
}

/** Sets a label of the resource. */
function setOwn(labels: Map<string, string>, name: string, value: string): void {
  keepAside(labels, name);
  labels.set(name, value);
}

/** What a point has under that name is kept under another, as Prometheus keeps the labels of what it scrapes. */
function keepAside(labels: Map<string, string>, name: string): void {
  const other = labels.get(name);
  if (other === undefined) return;
  let kept = `exported_${name}`;
  while (labels.has(kept)) kept = `exported_${kept}`;
  labels.set(kept, other);
}

/** Whether a child of these labels has more of them than a series may, its name counted. */
export function areTooLarge(base: Readonly<Record<string, string>>, specs: readonly { readonly name: string; readonly labels?: Readonly<Record<string, string>> }[]): boolean {
  const names = Object.keys(base);
  const bytes = bytesOf(base);
  return specs.some(({ name, labels = {} }) => names.length + Object.keys(labels).length + 1 > MAX_LABELS || bytes + bytesOf(labels) + bytesOf({ __name__: name }) > MAX_LABEL_BYTES);
}

function bytesOf(labels: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const name of Object.keys(labels)) bytes += name.length + Buffer.byteLength(labels[name] ?? '');
  return bytes;
}
