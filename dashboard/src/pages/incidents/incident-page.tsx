import type { ReactElement } from 'react';

export function IncidentPage(): ReactElement {
  return <h1>Incident</h1>;
}
