import { lazy, useMemo, type ReactElement } from 'react';
import type { ApiIncident } from '#core/api/incidents.js';
import type { ApiMap } from '#core/api/services.js';
import { useIncidentContext } from '../../api/feedback.js';
import { LatePart } from '../../parts/late-part.js';
import { OnThisPage, type PagePart } from '../../parts/on-this-page.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { loaded } from '../../shell/loaded.js';
import { useNow } from '../../time/use-now.js';
import { Actions } from './actions.js';
import { Causes } from './causes.js';
import { Differences } from './differences.js';
import { Evidence } from './evidence.js';
import { CauseLogs } from './cause-logs.js';
import { Head } from './head.js';
import { knownBy } from './map-layout.js';
import { MutedNear } from './muted-near.js';
import { Notes } from './notes.js';
import { Similar } from './similar.js';
import { Timeline } from './timeline.js';
import { ShownTraces } from './shown-traces.js';
import { useTouched } from './use-touched.js';
import { VerdictBar } from './verdict-bar.js';
import { windowOf } from './window.js';
import styles from './incidents.module.css';

const TouchedMap = lazy(() => loaded(import('./touched-map.js')).then(({ TouchedMap: component }) => ({ default: component })));
const STEP_MS = 30_000;
const NOT_YET: Pick<ApiMap, 'nodes' | 'edges'> = { nodes: [], edges: [] };
const PARTS: readonly PagePart[] = [
  { id: 'cause', name: 'Cause' },
  { id: 'timeline', name: 'Timeline' },
  { id: 'verdict', name: 'Verdict' },
  { id: 'similar', name: 'Similar' },
  { id: 'evidence', name: 'Evidence' },
  { id: 'differs', name: 'Differences' },
  { id: 'traces', name: 'Traces' },
  { id: 'logs', name: 'Logs' },
  { id: 'map', name: 'Map' },
  { id: 'notes', name: 'Notes' },
];

/** One incident from sentence to notes, in the order in which somebody who was just woken asks. */
export function Room({ incident, measures, charts, before }: ApiIncident): ReactElement {
  const now = useNow(STEP_MS);
  const window = windowOf(incident, Math.max(now, incident.updatedAt));
  const context = useIncidentContext(incident.id);
  const { nodes, edges } = useTouched(incident, window).data ?? NOT_YET;
  const callers = useMemo(() => knownBy(nodes, edges), [nodes, edges]);
  return (
    <>
      <OnThisPage parts={PARTS} />
      <article className={styles['room']} aria-label={incident.title}>
        <div className={styles['area-head']}>
          <Head incident={incident} charts={charts} />
        </div>
        <div className={styles['area-actions']}>
          <Actions incident={incident} />
        </div>
        <Causes className={styles['area-cause']} incident={incident} window={window} callers={callers} />
        <Timeline className={styles['area-timeline']} incident={incident} window={window} />
        <VerdictBar className={styles['area-verdict']} incident={incident} context={context.data} />
        <Similar className={styles['area-similar']} query={context} />
        <Evidence className={styles['area-evidence']} incident={incident} measures={measures} charts={charts} before={before} window={window} recurring={context.data?.recurring ?? []} />
        <Differences className={styles['area-differs']} incident={incident} window={window} />
        <ShownTraces className={styles['area-traces']} incident={incident} window={window} />
        <div className={`${styles['area-logs']} stack`}>
          <CauseLogs incident={incident} window={window} callers={callers} />
          <MutedNear muted={context.data?.muted ?? []} />
        </div>
        <div id="map" tabIndex={-1} className={styles['area-map']}>
          <LatePart name="service map" skeleton={<SkeletonBlock height={200} />}>
            <TouchedMap incident={incident} window={window} />
          </LatePart>
        </div>
        <Notes className={styles['area-notes']} incident={incident} />
      </article>
    </>
  );
}
