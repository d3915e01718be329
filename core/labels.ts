import type { Labels } from './types.js';

/** The value of a label; '' where it is absent. Names are given by anybody: what every object of JavaScript knows, such as `constructor`, is a label like others. */
export const labelValue = (labels: Labels, name: string): string => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : '');
