import type { Series } from './types.js';

/** `up` of Prometheus' targets, `pg_up` and the like of exporters, `probe_success` of the blackbox exporter. */
const STATE = /^(?:\w+_)?up$|^probe_success$/;

/** Whether a metric is 1 where something answers and 0 where it does not. */
export const isState = ({ kind, metric }: Pick<Series, 'kind' | 'metric'>): boolean => kind === 'metric' && STATE.test(metric);
