import type { ReactElement } from 'react';

export function IncidentsPage(): ReactElement {
  return <h1>Incidents</h1>;
}
