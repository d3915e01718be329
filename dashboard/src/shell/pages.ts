import { IconActivityHeartbeat, IconBell, IconAlertTriangle, IconArrowsMaximize, IconBellOff, IconBrain, IconChartLine, IconCode, IconTarget, IconFileText, IconHome, IconRoute, IconTopologyStar3, type Icon } from '@tabler/icons-react';

export interface PageLink {
  readonly to: '/' | '/incidents' | '/incidents/mutes' | '/services' | '/traces' | '/logs' | '/metrics' | '/metrics/query' | '/alerts' | '/slos' | '/scaling' | '/models' | '/status';
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
  { to: '/scaling', name: 'Scaling', icon: IconArrowsMaximize },
  { to: '/models', name: 'Models', icon: IconBrain },
  { to: '/status', name: 'Status', icon: IconActivityHeartbeat },
];

/** Pages below another that are no single thing: the palette leads there too. */
export const SUBPAGES: readonly PageLink[] = [
  { to: '/incidents/mutes', name: 'Mutes and expected events', icon: IconBellOff },
  { to: '/metrics/query', name: 'Query', icon: IconCode },
];
