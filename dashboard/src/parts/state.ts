import type { ApiService } from '#core/api/services.js';
import type { IncidentStatus, Severity } from '#core/types.js';

/** What a colour may mean. `plain` is the absence of news. */
export type Tone = 'critical' | 'warning' | 'info' | 'expected' | 'quiet' | 'plain';
export type StateName = ApiService['state'] | Severity | IncidentStatus | 'error' | 'stale' | 'assigned' | 'expected';

/** Word and tone of every state the product knows. The icon is StateIcon's. */
export const STATES: Readonly<Record<StateName, { readonly word: string; readonly tone: Tone }>> = {
  critical: { word: 'Critical', tone: 'critical' },
  error: { word: 'Error', tone: 'critical' },
  warning: { word: 'Warning', tone: 'warning' },
  info: { word: 'Info', tone: 'info' },
  open: { word: 'Open', tone: 'critical' },
  acknowledged: { word: 'Acknowledged', tone: 'info' },
  resolved: { word: 'Resolved', tone: 'plain' },
  ok: { word: 'OK', tone: 'plain' },
  learning: { word: 'Learning', tone: 'quiet' },
  silent: { word: 'Silent', tone: 'quiet' },
  late: { word: 'Late', tone: 'warning' },
  stale: { word: 'Stale', tone: 'warning' },
  assigned: { word: 'Assigned', tone: 'info' },
  expected: { word: 'Expected', tone: 'expected' },
};
