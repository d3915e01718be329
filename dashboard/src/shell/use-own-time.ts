import { useParams } from '@tanstack/react-router';
import { useRange } from '../time/use-range.js';

/** Id of the incident whose own time the page shows; undefined on other pages, and while a part of that time is chosen. */
export function useOwnTime(): string | undefined {
  const { id } = useParams({ strict: false });
  return useRange().live ? id : undefined;
}
