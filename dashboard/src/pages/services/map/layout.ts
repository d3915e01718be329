import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ApiEdge } from '#core/api.js';

export const LABEL = { width: 132, height: 18 } as const;

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

export interface MapLayout {
  readonly width: number;
  readonly height: number;
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

/** Layers from callers to called, computed off the page's thread. Room for each edge's label is kept, unless the map is dense. */
export async function layoutMap(names: readonly string[], edges: readonly ApiEdge[], { dense, width, height }: Detail, down: boolean): Promise<MapLayout> {
  elk ??= new ELK({ workerUrl });
  const known = new Set(names);
  const graph: ElkNode = await elk.layout({
    id: 'map',
    layoutOptions: {
      'elk.algorithm': 'layered', 'elk.direction': down ? 'DOWN' : 'RIGHT', 'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX', ...(dense ? DENSE_OPTIONS : FULL_OPTIONS),
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
