import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { EmptyState } from '../../parts/empty-state.js';

export function NoServices(): ReactElement {
  return (
    <EmptyState title="No service in this time">
      A service appears with the first that it sends; with its first span come requests, errors and latency, whom it calls, and its versions. Widen the time range, or see in <Link to="/status">Status</Link> what arrives and how to send some.
    </EmptyState>
  );
}
