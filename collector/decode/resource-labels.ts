import { labelName } from './prometheus-name.js';
import type { Resource } from './resource.js';

/** What semantic conventions have of a process and of where it runs. A process tells itself apart by its `instance`, so that these need no label: a deploy must not begin new series. Source: https://opentelemetry.io/docs/specs/semconv/resource/ */
const DESCRIBES = /^(service|telemetry|deployment|process|container|host|os|cloud|k8s|aws|azure|gcp|heroku|faas|device|browser|webengine|vcs|cicd|oci|net|http|url|user_agent)\.|(?:^|[._])version$/;
/** But for what the Collector's receivers measure: a node, a deployment, a volume, one of a pod's containers. */
const TELLS = /^(k8s\.[a-z_]+\.name|container\.name)$/;
/** What a receiver measures of the processes of a host. */
const OF_PROCESS = /^process\.(pid|executable\.name)$/;
/** Where a receiver found what it measures, unless it is named: a scraped target is called as its address. */
const OF_TARGET = /^server\.(address|port)$/;
/** More, or longer ones, tell nothing apart. */
const MAX_ATTRIBUTES = 16;
const MAX_LENGTH = 200;

/**
 * Labels of the attributes that tell what is measured, in the order of their names. SDKs measure their own process; receivers of the Collector measure nodes, containers, queues and databases, and say which by the resource alone:
 * without a label, the values of all of them would be one series. Source: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/receiver
 */
export function resourceLabels({ record, sdk, named }: Pick<Resource, 'record' | 'sdk' | 'named'>): readonly (readonly [name: string, value: string])[] {
  if (sdk !== '') return [];
  const isCalled = Boolean(record['service.instance.id']);
  const tells = (key: string): boolean => {
    if (OF_TARGET.test(key)) return !isCalled;
    return TELLS.test(key) || (OF_PROCESS.test(key) && !named) || !DESCRIBES.test(key);
  };
  const found: [string, string][] = [];
  for (const key of Object.keys(record).toSorted()) {
    const value = record[key];
    const name = labelName(key);
    if (value && value.length <= MAX_LENGTH && name !== '' && name !== '__name__' && tells(key)) found.push([name, value]);
    if (found.length === MAX_ATTRIBUTES) break;
  }
  return found;
}
