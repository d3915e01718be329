import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ApiEdge } from '#core/api/services.js';

export const LABEL = { width: 96, height: 18 } as const;

/** How much a map shows of each part and call. */
export interface Detail {
  /** Parts are named without figures, and calls drawn without theirs, so that all fit on a screen. */
  readonly dense: boolean;
  readonly width: number;
  readonly height: number;
}

/** Room for the longest name, within reason, and in full for the figures below it. */
const FULL = { dense: false, height: 56, least: 200, most: 272, besideName: 56, letter: 7.4 } as const;
const DENSE = { dense: true, height: 30, least: 152, most: 248, besideName: 52, letter: 6.4 } as const;
const MOST_IN_FULL = 24;

export function detailOf(names: readonly string[]): Detail {
  const { dense, height, least, most, besideName, letter } = names.length > MOST_IN_FULL ? DENSE : FULL;
  const longest = Math.max(0, ...names.map(({ length }) => length));
  return { dense, height, width: Math.round(Math.min(most, Math.max(least, besideName + letter * longest))) };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface MapLayout extends Size {
  readonly places: ReadonlyMap<string, Point>;
  /** By `edgeId`. */
  readonly routes: ReadonlyMap<string, { readonly points: readonly Point[]; readonly label: Point | null }>;
}

let elk: InstanceType<typeof ELK> | undefined;

export function edgeId({ client, server, kind }: Pick<ApiEdge, 'client' | 'server' | 'kind'>): string {
  return `${client} > ${server} ${kind}`;
}

const FULL_OPTIONS = {
  'elk.edgeRouting': 'ORTHOGONAL', 'elk.edgeLabels.placement': 'CENTER', 'elk.spacing.edgeLabel': '2',
  'elk.spacing.nodeNode': '24', 'elk.spacing.edgeNode': '20', 'elk.spacing.edgeEdge': '12', 'elk.layered.spacing.nodeNodeBetweenLayers': '36', 'elk.layered.spacing.edgeNodeBetweenLayers': '16',
};
const DENSE_OPTIONS = {
  'elk.edgeRouting': 'POLYLINE',
  'elk.spacing.nodeNode': '10', 'elk.spacing.edgeNode': '8', 'elk.spacing.edgeEdge': '4', 'elk.layered.spacing.nodeNodeBetweenLayers': '72', 'elk.layered.spacing.edgeNodeBetweenLayers': '8',
};

/** How much larger than a layout a box is, where it is tightest. */
export const scaleIn = (box: Size, { width, height }: Size): number => Math.min(box.width / width, box.height / height);

/** Of the parts of these names. */
export function boundsOf(names: readonly string[], { places }: Pick<MapLayout, 'places'>, part: Size): Size {
  const at = names.flatMap((name) => places.get(name) ?? []);
  const span = (ends: readonly number[]): number => Math.max(...ends) - Math.min(...ends);
  return { width: span(at.map(({ x }) => x)) + part.width, height: span(at.map(({ y }) => y)) + part.height };
}

/** By how much calls and their figures reach beyond the parts, on each side. */
export function beyondParts({ width, height, places }: MapLayout, part: Size): Record<'left' | 'top' | 'right' | 'bottom', number> {
  const [xs, ys] = [[...places.values()].map(({ x }) => x), [...places.values()].map(({ y }) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: width - part.width - Math.max(...xs), bottom: height - part.height - Math.max(...ys) };
}

/** Callers left of whom they call, and above them: which of the two can be drawn larger depends on the box. */
export function layoutsOf(names: readonly string[], edges: readonly ApiEdge[], detail: Detail): Promise<readonly MapLayout[]> {
  return Promise.all([layoutMap(names, edges, detail, 'RIGHT'), layoutMap(names, edges, detail, 'DOWN')]);
}

/** Layers from callers to called, computed off the page's thread. Room for each edge's label is kept, unless the map is dense. */
async function layoutMap(names: readonly string[], edges: readonly ApiEdge[], { dense, width, height }: Detail, direction: 'RIGHT' | 'DOWN'): Promise<MapLayout> {
  elk ??= new ELK({ workerUrl });
  const known = new Set(names);
  const graph: ElkNode = await elk.layout({
    id: 'map',
    layoutOptions: {
      'elk.algorithm': 'layered', 'elk.direction': direction, 'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX', ...(dense ? DENSE_OPTIONS : FULL_OPTIONS),
    },
    children: names.map((id) => ({ id, width, height })),
    edges: edges.filter(({ client, server }) => known.has(client) && known.has(server)).map((edge) => ({ id: edgeId(edge), sources: [edge.client], targets: [edge.server], labels: dense ? [] : [{ text: 'label', ...LABEL }] })),
  });
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    places: new Map((graph.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }])),
    routes: new Map(
      (graph.edges ?? []).map((edge) => {
        const section = edge.sections?.[0];
        const label = edge.labels?.[0];
        return [edge.id, { points: section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [], label: label?.x === undefined || label.y === undefined ? null : { x: label.x, y: label.y } }];
      }),
    ),
  };
}
