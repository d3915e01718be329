import { contains } from './contains.js';

/** What a resource is called by people. Ids, and what a process or an SDK tells of itself, hold any number that somebody looks for. */
const NAMES = ['service.version', 'host.name', 'k8s.pod.name', 'k8s.node.name', 'k8s.namespace.name', 'k8s.deployment.name', 'k8s.statefulset.name', 'k8s.cluster.name', 'container.name', 'container.image.name', 'deployment.environment.name', 'deployment.environment', 'cloud.region', 'cloud.availability_zone', 'faas.name'];

/** Whether the text `q`, the parameter `param`, is in what the resource is called. What a service is called is in the names of all its pods and containers: that finds nothing. */
export const inResource = (q: string, param = 'q'): string => `(NOT ${contains('ServiceName', q, param)} AND arrayExists((k, v) -> k IN (${NAMES.map((name) => `'${name}'`).join(', ')}) AND ${contains('v', q, param)}, mapKeys(ResourceAttributes), mapValues(ResourceAttributes)))`;
