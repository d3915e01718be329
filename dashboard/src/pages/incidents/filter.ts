import type { Incident } from '#core/types.js';
import type { IncidentsSearch } from './search.js';

/** Whether an incident is one of those asked for by severity, service and text in its title, services or causes. */
export function fits({ title, severity, services, causes }: Incident, { q = '', ...wanted }: Pick<IncidentsSearch, 'q' | 'severity' | 'service'>): boolean {
  if (wanted.severity !== undefined && severity !== wanted.severity) return false;
  if (wanted.service !== undefined && !services.includes(wanted.service)) return false;
  return [title, ...services, ...causes.map(({ service }) => service)].some((text) => text.toLowerCase().includes(q.toLowerCase()));
}
