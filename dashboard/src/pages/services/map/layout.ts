import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { ApiEdge } from '#core/api.js';

export const NODE = { width: 184, height: 56 } as const;
export const LABEL = { width: 132, height: 18 } as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface MapLayout {
  readonly places: ReadonlyMap<string, Point>;
  /** By `edgeId`. */
  readonly routes: ReadonlyMap<string, { readonly points: readonly Point[]; readonly label: Point | null }>;
}

let elk: InstanceType<typeof ELK> | undefined;

export function edgeId({ client, server, kind }: Pick<ApiEdge, 'client' | 'server' | 'kind'>): string {
  return `${client} > ${server} ${kind}`;
}

/** Layers from callers to called, computed off the page's thread. Room for each edge's label is kept. */
export async function layoutMap(names: readonly string[], edges: readonly ApiEdge[], down: boolean): Promise<MapLayout> {
  elk ??= new ELK({ workerUrl });
  const known = new Set(names);
  const graph: ElkNode = await elk.layout({
    id: 'map',
    layoutOptions: {
      'elk.algorithm': 'layered', 'elk.direction': down ? 'DOWN' : 'RIGHT', 'elk.edgeRouting': 'ORTHOGONAL', 'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX', 'elk.edgeLabels.placement': 'CENTER',
      'elk.spacing.nodeNode': '24', 'elk.spacing.edgeNode': '20', 'elk.spacing.edgeEdge': '12', 'elk.layered.spacing.nodeNodeBetweenLayers': '36', 'elk.layered.spacing.edgeNodeBetweenLayers': '16', 'elk.spacing.edgeLabel': '2',
    },
    children: names.map((id) => ({ id, ...NODE })),
    edges: edges.filter(({ client, server }) => known.has(client) && known.has(server)).map((edge) => ({ id: edgeId(edge), sources: [edge.client], targets: [edge.server], labels: [{ text: 'label', ...LABEL }] })),
  });
  return {
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
