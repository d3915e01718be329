import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useMatchingAlerts, useSilences } from '../../api/alerts.js';
import { RelativeTime } from '../../parts/relative-time.js';
import { matchersOf } from '../alerts/matchers.js';

/** The alert as which an incident is told, as matchers. */
export const alertOf = (id: string): string => matchersOf({ alertname: 'FaultlineIncident', incident: id });

/** Who holds back the messages about an incident that lasts, until when and why; nothing where nobody does. */
export function Silenced({ id }: { readonly id: string }): ReactElement | null {
  const by = useMatchingAlerts(alertOf(id)).data?.flatMap(({ status }) => status.silencedBy) ?? [];
  const [silence] = (useSilences().data ?? []).filter((one) => by.includes(one.id)).toSorted((a, b) => Date.parse(b.endsAt) - Date.parse(a.endsAt));
  if (!silence) return null;
  return (
    <p>
      <strong>Silenced</strong> by {silence.createdBy || 'somebody'} until <RelativeTime at={Date.parse(silence.endsAt)} />: {silence.comment} → <Link to="/alerts" hash="silences" className="in-text">silences</Link>
    </p>
  );
}
