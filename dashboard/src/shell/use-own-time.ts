import { useParams } from '@tanstack/react-router';
import { useIncident } from '../api/hooks.js';
import { windowOf, zoomOf } from '../pages/incidents/window.js';
import { useNow } from '../time/use-now.js';
import { useRange } from '../time/use-range.js';

/** Id of the incident whose own time the page shows; undefined on other pages, and while a part of that time is chosen. */
export function useOwnTime(): string | undefined {
  const { id } = useParams({ strict: false });
  const { range } = useRange();
  const now = useNow(60_000);
  const { data } = useIncident(id ?? '', { enabled: id !== undefined });
  return data && zoomOf(windowOf(data.incident, now), range, now) ? undefined : id;
}
