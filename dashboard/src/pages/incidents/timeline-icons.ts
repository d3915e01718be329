import { IconAlertTriangle, IconArrowBackUp, IconBell, IconCircleCheck, IconCircleDot, IconEye, IconGavel, IconHandClick, IconNote, IconRefresh, IconRocket, IconServer2, type Icon } from '@tabler/icons-react';
import type { TimelineEntry } from '#core/types.js';

export const TIMELINE_ICONS: Readonly<Record<TimelineEntry['kind'], readonly [icon: Icon, word: string]>> = {
  deploy: [IconRocket, 'New version'], processes: [IconServer2, 'Processes'], anomaly: [IconAlertTriangle, 'Anomaly'], recovered: [IconArrowBackUp, 'Recovered'], opened: [IconCircleDot, 'Opened'], updated: [IconRefresh, 'Updated'],
  judged: [IconGavel, 'Judged'], changed: [IconHandClick, 'By hand'],
  acknowledged: [IconEye, 'Acknowledged'], note: [IconNote, 'Note'], resolved: [IconCircleCheck, 'Resolved'], notified: [IconBell, 'Notified'],
};
