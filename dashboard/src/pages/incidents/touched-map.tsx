import { useNavigate } from '@tanstack/react-router';
import { useLayoutEffect, useRef, type ReactElement } from 'react';
import type { ApiEdge } from '#core/api/services.js';
import type { Incident } from '#core/types.js';
import { middle } from '../../format/name.js';
import { percent, rate } from '../../format/number.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Part } from '../../parts/part.js';
import { Section } from '../../parts/section.js';
import { SkeletonBlock } from '../../parts/skeleton.js';
import { STATES } from '../../parts/state.js';
import type { RangeMs } from '../../time/range.js';
import { figuresAt, layoutMap, NODE, touched, type MapLayout, type Point } from './map-layout.js';
import { namedCauses } from './named-causes.js';
import { useTouched } from './use-touched.js';
import room from './incidents.module.css';
import styles from './touched-map.module.css';

const FAILING = 0.02;
/** Around the drawing, as the style sheet has it, px. */
const PADDING = 12;
/** Names start here; the state's mark stands before them. */
const TEXT_X = 28;

/** The services of the incident with whom they call: rates and failing calls since the onset. */
export function TouchedMap({ incident, window }: { readonly incident: Incident; readonly window: RangeMs }): ReactElement {
  const causes = namedCauses(incident.causes).map(({ service }) => service);
  return (
    <Section title="Map" note="calls since the onset, callers at the left" flush>
      <Part query={useTouched(incident, window)} name="service map" skeleton={<SkeletonBlock height={200} />}>
        {(map) => {
          const kept = touched(map.nodes, map.edges, incident.services, causes);
          if (kept.nodes.length === 0) return <EmptyState title="No calls in this time">The map is drawn from client and server spans.</EmptyState>;
          return <Drawing layout={layoutMap(kept.nodes, kept.edges)} causes={causes} services={incident.services} />;
        }}
      </Part>
    </Section>
  );
}

function Drawing({ layout: { width, height, nodes, edges }, causes, services }: { readonly layout: MapLayout; readonly causes: readonly string[]; readonly services: readonly string[] }): ReactElement {
  const navigate = useNavigate();
  const figures = figuresAt(edges);
  const box = useRef<HTMLDivElement>(null);
  // Where not all of it fits, what began it is seen first; from then on whoever looks moves it.
  const causeX = nodes.find(({ node }) => node.name === causes[0])?.x;
  useLayoutEffect(() => {
    if (box.current && causeX !== undefined) box.current.scrollLeft = PADDING + causeX + NODE.width / 2 - box.current.clientWidth / 2;
  }, [causeX]);
  return (
    <div ref={box} className={room['map']} tabIndex={0} role="group" aria-label={`Map: ${edges.map(({ edge }) => `${edge.client} calls ${edge.server}, ${callText(edge)}`).join('; ')}`}>
      <svg viewBox={`-2 -2 ${width + 4} ${height + 4}`} width={width + 4} height={height + 4} className={styles['map']}>
        {edges.map(({ edge, path }) => (
          <path key={`${edge.client}>${edge.server}`} data-failing={edge.errorRatio >= FAILING || undefined} className={styles['edge']} d={curve(path)} />
        ))}
        {edges.map(({ edge }, index) => (
          <text key={`${edge.client}>${edge.server}`} data-failing={edge.errorRatio >= FAILING || undefined} className={styles['call']} x={figures[index]?.x} y={figures[index]?.y} textAnchor={figures[index]?.end ? 'end' : 'start'}>
            {callText(edge)}
          </text>
        ))}
        {nodes.map(({ node, x, y }) => {
          const inside = services.includes(node.name);
          const isService = node.kind === 'service';
          return (
            <g
              key={node.name} transform={`translate(${x} ${y})`} className={styles['node']} data-tone={inside ? STATES[node.state].tone : 'plain'} data-cause={causes.includes(node.name) || undefined} data-link={isService || undefined}
              onClick={isService ? () => void navigate({ to: '/services/$service', params: { service: node.name } }) : undefined}
            >
              <title>{`${node.name}: ${causes.includes(node.name) ? 'probable cause, ' : ''}${isService ? STATES[node.state].word : node.kind}`}</title>
              <rect width={NODE.width} height={NODE.height} rx={isService ? 6 : 18} />
              {inside ? <path className={styles['mark']} d="M14 12l6.5 11h-13z" /> : <circle className={styles['dot']} cx={14} cy={NODE.height / 2} r={3.5} />}
              <text x={TEXT_X} y={causes.includes(node.name) ? 15 : 22}>
                {middle(node.name, 16)}
              </text>
              {causes.includes(node.name) && (
                <text x={TEXT_X} y={28} className={styles['sub']}>
                  probable cause
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function callText({ requestsPerSecond, errorRatio }: ApiEdge): string {
  return errorRatio > 0 ? `${rate(requestsPerSecond)} · ${percent(errorRatio)}` : rate(requestsPerSecond);
}

/** Level at each stop, bent between two of them. */
function curve(path: readonly Point[]): string {
  return path.map((at, index) => {
    const before = path[index - 1];
    if (!before) return `M${at.x} ${at.y}`;
    const bend = (at.x - before.x) / 2;
    return before.y === at.y ? `L${at.x} ${at.y}` : `C${before.x + bend} ${before.y} ${at.x - bend} ${at.y} ${at.x} ${at.y}`;
  }).join('');
}
