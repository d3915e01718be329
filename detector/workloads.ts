import type { Labels } from '#core/types.js';

/** What kube-state-metrics, cAdvisor and the OpenTelemetry Collector's kubelet and cluster receivers measure of a pod or of its containers. Sources: https://github.com/kubernetes/kube-state-metrics/tree/main/docs, https://opentelemetry.io/docs/specs/semconv/system/k8s-metrics/ */
const OF_POD = /^(?:kube_pod|container|k8s_pod|k8s_container|k8s_volume)_/;
/** What kube-state-metrics measures of what makes pods, which has a label called as its kind. */
const OF_WORKLOAD = /^kube_(deployment|statefulset|daemonset|cronjob)_/;
/** The same of the Collector's cluster receiver, which says it in the resource. */
const OF_NAMED_WORKLOAD = /^k8s_(deployment|statefulset|daemonset|cronjob)_/;
/** What Kubernetes adds to the name of a workload for the name of a pod: of a deployment (its replica set's and the pod's own), of a cron job, of a daemon set or a job, and of a stateful set. Its letters make no words. */
const ADDED = /^(.+?)(?:-[b-df-hj-np-tv-xz24-9]{8,10}-[b-df-hj-np-tv-xz24-9]{5}|-\d{8,}-[b-df-hj-np-tv-xz24-9]{5}|-[b-df-hj-np-tv-xz24-9]{5}|-\d{1,4})$/;

/** What is stored of a metric series that says which workload of Kubernetes it is about. */
export interface Scheduled {
  readonly name: string;
  readonly labels: Labels;
  /** `k8s.deployment.name` or that of another kind of workload, '' where nobody says it. */
  readonly workload: string;
  /** `k8s.pod.name` of the resource. */
  readonly pod: string;
  /** `telemetry.sdk.name`: a process that says it of itself has a name of its own. */
  readonly sdk: string;
}

/** The workload that a series is about, which its service is called as unless somebody said otherwise; undefined where it is about what sends it. */
export function workloadOf({ name, labels, workload, pod, sdk }: Scheduled): string | undefined {
  if (sdk !== '') return undefined;
  const kind = OF_WORKLOAD.exec(name)?.[1];
  if (kind !== undefined) return labels[kind] || undefined;
  if (OF_NAMED_WORKLOAD.test(name)) return workload || undefined;
  if (!OF_POD.test(name)) return undefined;
  const called = labels['pod'] || pod;
  // An exporter that Kubernetes runs too says its own workload, and the pods of others in the label.
  return (called === pod && workload) || (called === '' ? undefined : (ADDED.exec(called)?.[1] ?? called));
}
