import { contains } from './contains.js';

/** Whether the text `q` is in an attribute value of the resource. What a service is called is in the names of all its pods and containers: that finds nothing. */
export const inResource = (q: string): string => `(NOT ${contains('ServiceName', q)} AND arrayExists(v -> ${contains('v', q)}, mapValues(ResourceAttributes)))`;
