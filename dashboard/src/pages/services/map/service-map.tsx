import '@xyflow/react/dist/base.css';
import { Checkbox, SegmentedControl } from '@mantine/core';
import { useElementSize, useViewportSize } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Controls, Position, ReactFlow } from '@xyflow/react';
import { useMemo, useState, type ReactElement } from 'react';
import type { ApiMap } from '#core/api/services.js';
import type { ApiFailure } from '../../../api/client.js';
import { useMap } from '../../../api/hooks.js';
import { plural } from '../../../format/name.js';
import { EmptyState } from '../../../parts/empty-state.js';
import { Part } from '../../../parts/part.js';
import { Section } from '../../../parts/section.js';
import { SkeletonBlock } from '../../../parts/skeleton.js';
import { NoServices } from '../no-services.js';
import { beyondParts, boundsOf, detailOf, edgeId, layoutsOf, scaleIn, type Detail, type MapLayout, type Size } from './layout.js';
import { askedFor, litNames, namedLike } from './lit.js';
import { mapWords } from './map-words.js';
import { MapEdge, type CallEdge } from './map-edge.js';
import { MapNode, type PartNode } from './map-node.js';
import styles from './map.module.css';

const route = getRouteApi('/services');
const NODE_TYPES = { part: MapNode };
const EDGE_TYPES = { call: MapEdge };

/** Smaller, names cannot be read: one drags the map instead. */
const READABLE = 0.8;
/** Of the map, as the style sheet has it: its own in a narrow window, else what a window has beside it, and its bounds, px. A dense map grows to what it needs. */
const HEIGHT = { narrow: 440, beside: 190, least: 420, most: 1_400 } as const;
const NARROW = 720;
/** More than these nobody reads: of a larger map a part is shown. */
const MOST_PARTS = 60;

/** Who calls whom. A node leads to its service; the filter and the pointer light up a node with its neighbours. A large map shows what is in trouble, or what the filter names, with its neighbours. */
export function ServiceMap({ filter }: { readonly filter: string }): ReactElement {
  const { own = 'hide', hops = '1' } = route.useSearch();
  const navigate = useNavigate({ from: '/services' });
  const map = useMap({ own, around: filter, hops: Number(hops), most: MOST_PARTS });
  const isPart = map.data?.shown === 'around' || map.data?.shown === 'trouble';
  return (
    <Section
      title="Service map" note={map.data ? mapWords(map.data, filter) : undefined} flush
      actions={
        <span className="row">
          {isPart && <SegmentedControl size="xs" aria-label="Calls away" data={HOPS} value={hops} onChange={(next) => void navigate({ search: (old) => ({ ...old, hops: next === '2' || next === '3' ? next : undefined }), replace: true })} />}
          <Checkbox size="xs" label="Faultline’s own" title="Faultline itself, service faultline, and whom it calls" checked={own === 'show'} onChange={(event) => void navigate({ search: (old) => ({ ...old, own: event.currentTarget.checked ? 'show' : undefined }), replace: true })} />
        </span>
      }
    >
      <Part query={map} name="service map" skeleton={<SkeletonBlock height={560} />}>
        {(data) => (data.nodes.length > 0 ? <Laid map={data} filter={filter} /> : data.all === 0 ? <NoServices /> : <EmptyState title={`None of ${plural(data.all, 'part')} is called like “${filter}”`} />)}
      </Part>
    </Section>
  );
}

const HOPS = ['1', '2', '3'].map((value) => ({ value, label: value === '1' ? '1 call away' : value }));

interface LaidProps {
  readonly map: ApiMap;
  readonly filter: string;
}

function Laid(props: LaidProps): ReactElement {
  const { nodes, edges } = props.map;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const window = useViewportSize();
  const names = nodes.map(({ name }) => name).toSorted();
  const detail = detailOf(names);
  // Laid out again only when somebody comes or goes: figures change every few seconds.
  const layout = useQuery<readonly MapLayout[], ApiFailure>({ queryKey: ['map layout', names, edges.map(edgeId).toSorted()], queryFn: () => layoutsOf(names, edges, detail), enabled: width > 0, staleTime: Infinity, placeholderData: (old) => old });
  const box = { width, height: window.width <= NARROW ? HEIGHT.narrow : Math.max(HEIGHT.least, window.height - HEIGHT.beside) };
  const room = detail.dense ? { width, height: HEIGHT.most } : box;
  return (
    <div ref={ref}>
      <Part query={layout} name="layout of the map" skeleton={<SkeletonBlock height={560} />}>
        {(laid) => {
          const best = laid.reduce((a, b) => (scaleIn(room, b) > scaleIn(room, a) ? b : a));
          const scale = scaleIn(room, best);
          return <Drawn {...props} layout={best} detail={detail} box={box} scale={Math.min(1, scale)} isWhole={props.map.shown === 'all' && scale >= READABLE} />;
        }}
      </Part>
    </div>
  );
}

interface DrawnProps extends LaidProps {
  readonly layout: MapLayout;
  readonly detail: Detail;
  /** What it is drawn in, px. */
  readonly box: Size;
  /** How large all of it can be drawn. */
  readonly scale: number;
  /** Whether all of it can be read at once. */
  readonly isWhole: boolean;
}

function Drawn({ map: { nodes, edges, shown }, filter, layout, detail, box, scale, isWhole }: DrawnProps): ReactElement {
  const { dense, ...size } = detail;
  // Given with every node, so that new figures do not make the map measure itself again and flicker.
  const handles = [{ type: 'target' as const, position: Position.Left, x: 0, y: size.height / 2 }, { type: 'source' as const, position: Position.Right, x: size.width, y: size.height / 2 }];
  const [pointed, setPointed] = useState('');
  const lit = useMemo(() => litNames(edges, pointed !== '' ? [pointed] : shown === 'all' ? namedLike(nodes, filter) : []), [nodes, edges, shown, filter, pointed]);
  const chosen = new Set(shown === 'around' ? askedFor(nodes, filter) : []);
  // A map may be too large to read as a whole: first what it is about, or where calls come in, with neighbours where there is room; the rest where one drags it.
  const ill = nodes.filter(({ state }) => state === 'critical' || state === 'warning');
  const entries = nodes.filter(({ name }) => !edges.some(({ server }) => server === name));
  const namesOf = (some: ApiMap['nodes']): string[] => some.map(({ name }) => name);
  const about = chosen.size > 0 ? [...chosen] : namesOf(ill.length > 0 ? ill : entries);
  const causes = chosen.size > 0 ? [] : namesOf(ill.filter(({ cause }) => cause));
  const near = (names: readonly string[]): string[] => [...(litNames(edges, names)?.names ?? [])];
  const canBeRead = (names: readonly string[]): boolean => names.length > 0 && scaleIn(box, boundsOf(names, layout, size)) >= READABLE;
  const inSight = isWhole ? namesOf(nodes) : ([near(about), about, near(causes), causes].find(canBeRead) ?? about.slice(0, 1));
  // The fit is measured by the parts alone.
  const { left, top, right, bottom } = beyondParts(layout, size);
  const beside = (px: number): `${number}px` => `${Math.ceil(px * scale)}px`;
  const around = { left: beside(left), top: beside(top), right: beside(right), bottom: beside(bottom) };
  const heaviest = Math.max(...edges.map(({ requestsPerSecond }) => requestsPerSecond), 1e-9);
  const parts = nodes.flatMap((node): PartNode[] => {
    const position = layout.places.get(node.name);
    return position ? [{ id: node.name, type: 'part', position: { ...position }, data: { node, caller: edges.find(({ server }) => server === node.name)?.client, chosen: chosen.has(node.name), dimmed: lit !== null && !lit.names.has(node.name), dense }, ...size, measured: size, handles }] : [];
  });
  const calls = edges.flatMap((edge): CallEdge[] => {
    const id = edgeId(edge);
    const route = layout.routes.get(id);
    const isLit = lit?.edges.has(id) ?? false;
    return route ? [{ id, type: 'call', source: edge.client, target: edge.server, data: { edge, points: route.points, label: route.label, weight: edge.requestsPerSecond / heaviest, dimmed: lit !== null && !isLit, lit: isLit, dense }, zIndex: isLit ? 1 : 0 }] : [];
  });
  return (
    <div
      className={styles['map']} role="group" aria-label={`${plural(nodes.length, 'part')}, ${plural(edges.length, 'connection')}`} data-dense={dense || undefined} data-part={shown !== 'all' || undefined} style={dense && isWhole ? { aspectRatio: `${layout.width} / ${layout.height}` } : undefined}
      onFocus={({ target }) => setPointed(target.closest('[data-id]')?.getAttribute('data-id') ?? '')} onBlur={() => setPointed('')}
    >
      <ReactFlow
        key={[layout.width, ...layout.places.keys()].join()}
        nodes={parts} edges={calls} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} fitView fitViewOptions={{ padding: isWhole ? around : 0.02, maxZoom: 1, minZoom: READABLE, nodes: inSight.map((id) => ({ id })) }} minZoom={0.1} maxZoom={2}
        nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} zoomOnScroll={false} preventScrolling={false} zoomOnDoubleClick={false}
        onNodeMouseEnter={(_event, { id }) => setPointed(id)} onNodeMouseLeave={() => setPointed('')}
      >
        <Controls showInteractive={false} fitViewOptions={{ padding: around, maxZoom: 1 }} />
      </ReactFlow>
    </div>
  );
}
