import { propagation, type Attributes, type Context } from '@opentelemetry/api';

/** What the trace carries about its visitor, as span attributes: platform, region, tier. */
export function carried(from: Context): Attributes {
  const entries = propagation.getBaggage(from)?.getAllEntries() ?? [];
  return Object.fromEntries(entries.filter(([key]) => key.startsWith('app.')).map(([key, { value }]) => [key, value]));
}
