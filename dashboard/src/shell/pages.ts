import { IconActivityHeartbeat, IconBell, IconAlertTriangle, IconChartLine, IconTarget, IconFileText, IconHome, IconRoute, IconTopologyStar3, type Icon } from '@tabler/icons-react';

export interface PageLink {
  readonly to: '/' | '/incidents' | '/services' | '/traces' | '/logs' | '/metrics' | '/alerts' | '/slos' | '/status';
  readonly name: string;
  readonly icon: Icon;
}

/** What the rail, the palette and the breadcrumb call the pages. */
export const PAGES: readonly PageLink[] = [
  { to: '/', name: 'Home', icon: IconHome },
  { to: '/incidents', name: 'Incidents', icon: IconAlertTriangle },
  { to: '/services', name: 'Services', icon: IconTopologyStar3 },
  { to: '/traces', name: 'Traces', icon: IconRoute },
  { to: '/logs', name: 'Logs', icon: IconFileText },
  { to: '/metrics', name: 'Metrics', icon: IconChartLine },
  { to: '/alerts', name: 'Alerts', icon: IconBell },
  { to: '/slos', name: 'SLOs', icon: IconTarget },
  { to: '/status', name: 'Status', icon: IconActivityHeartbeat },
];
