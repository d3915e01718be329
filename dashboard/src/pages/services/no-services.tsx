import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { EmptyState } from '../../parts/empty-state.js';

export function NoServices(): ReactElement {
  return (
    <EmptyState title="No service in this time">
      A service appears with its first span: requests, errors and latency per service, whom it calls, and its versions. Widen the time range, or see in <Link to="/status">Status</Link> what arrives and how to send some.
    </EmptyState>
  );
}
