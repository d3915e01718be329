import type { ApiEdge, ApiNode } from '#core/api.js';

export interface PlacedNode {
  readonly node: ApiNode;
  /** Left and top, px. */
  readonly x: number;
  readonly y: number;
}

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly { readonly edge: ApiEdge; readonly from: PlacedNode; readonly to: PlacedNode }[];
}

export const NODE = { width: 148, height: 36 } as const;
const ACROSS = 248;
const DOWN = 60;
const MAX_NODES = 16;

/** The services of an incident and whom its `cause` calls or serves: at most 16, the incident's own first. */
export function touched(nodes: readonly ApiNode[], edges: readonly ApiEdge[], services: readonly string[], cause: string): { nodes: ApiNode[]; edges: ApiEdge[] } {
  const wanted = new Set(services);
  for (const { client, server } of edges) {
    if (client === cause) wanted.add(server);
    if (server === cause) wanted.add(client);
  }
  const kept = [...wanted].flatMap((name) => nodes.filter((node) => node.name === name)).slice(0, MAX_NODES);
  const names = new Set(kept.map(({ name }) => name));
  return { nodes: kept, edges: edges.filter(({ client, server }) => client !== server && names.has(client) && names.has(server)) };
}

/**
 * Callers left, called right: each node one column after the furthest of its callers, columns ordered so
 * that edges cross little. A cycle is cut at the edge that closes it.
 */
export function layoutMap(nodes: readonly ApiNode[], edges: readonly ApiEdge[]): MapLayout {
  const column = columns(nodes.map(({ name }) => name), edges);
  const grouped: ApiNode[][] = [];
  for (const node of nodes) (grouped[column.get(node.name) ?? 0] ??= []).push(node);
  const rows = new Map<string, number>();
  const tallest = Math.max(1, ...grouped.map((group) => group.length));
  const placed = grouped.flatMap((group, at) => {
    const pull = (name: string): number => {
      const callers = edges.filter(({ server }) => server === name).flatMap(({ client }) => rows.get(client) ?? []);
      return callers.length === 0 ? Number.MAX_SAFE_INTEGER : callers.reduce((sum, row) => sum + row, 0) / callers.length;
    };
    const ordered = group.map((node) => ({ node, pull: pull(node.name) })).toSorted((a, b) => a.pull - b.pull || a.node.name.localeCompare(b.node.name));
    return ordered.map(({ node }, index): PlacedNode => {
      const row = index + (tallest - group.length) / 2;
      rows.set(node.name, row);
      return { node, x: at * ACROSS, y: row * DOWN };
    });
  });
  const byName = new Map(placed.map((one) => [one.node.name, one]));
  const drawn = edges.flatMap((edge) => {
    const from = byName.get(edge.client);
    const to = byName.get(edge.server);
    return from && to ? [{ edge, from, to }] : [];
  });
  return { width: Math.max(1, grouped.length) * ACROSS - (ACROSS - NODE.width), height: tallest * DOWN - (DOWN - NODE.height), nodes: placed, edges: drawn };
}

function columns(names: readonly string[], edges: readonly ApiEdge[]): Map<string, number> {
  const depth = new Map<string, number>();
  const open = new Set<string>();
  const visit = (name: string): number => {
    const known = depth.get(name);
    if (known !== undefined) return known;
    if (open.has(name)) return -1;
    open.add(name);
    const found = Math.max(0, ...edges.filter(({ server }) => server === name).map(({ client }) => visit(client) + 1));
    open.delete(name);
    depth.set(name, found);
    return found;
  };
  for (const name of names) visit(name);
  return depth;
}
