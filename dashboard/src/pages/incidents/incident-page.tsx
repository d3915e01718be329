import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useIncident } from '../../api/hooks.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { Room } from './room.js';

const route = getRouteApi('/incidents/$id');

export function IncidentPage(): ReactElement {
  const { id } = route.useParams();
  const incident = useIncident(id);
  if (incident.error?.status === 404 && !incident.data) return <EmptyState title="There is no such incident">It may have been stored by another installation, or the address is cut short.</EmptyState>;
  return (
    <Part query={incident} name="incident" skeleton={<SkeletonBlock height={640} />}>
      {(data) => <Room key={id} {...data} />}
    </Part>
  );
}
