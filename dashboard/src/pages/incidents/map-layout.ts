import type { ApiEdge, ApiNode } from '#core/api/services.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedNode extends Point {
  /** Its left upper corner is at x, y, in px. */
  readonly node: ApiNode;
}

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  /** `path`: where the line leaves, passes each column between, and arrives, in pairs of left and right. */
  readonly edges: readonly { readonly edge: ApiEdge; readonly path: readonly Point[] }[];
}

export const NODE = { width: 148, height: 36 } as const;
const ACROSS = 248;
const DOWN = 60;
const MAX_NODES = 16;

/** The services of an incident and whom its `causes` call or serve: at most 16, the incident's own first. */
export function touched(nodes: readonly ApiNode[], edges: readonly ApiEdge[], services: readonly string[], causes: readonly string[]): { nodes: ApiNode[]; edges: ApiEdge[] } {
  const wanted = new Set([...services, ...causes]);
  for (const { client, server } of edges) {
    if (causes.includes(client)) wanted.add(server);
    if (causes.includes(server)) wanted.add(client);
  }
  const kept = [...wanted].flatMap((name) => nodes.filter((node) => node.name === name)).slice(0, MAX_NODES);
  const names = new Set(kept.map(({ name }) => name));
  return { nodes: kept, edges: edges.filter(({ client, server }) => client !== server && names.has(client) && names.has(server)) };
}

/** What sends no spans itself, and one who calls it. */
export function knownBy(nodes: readonly ApiNode[], edges: readonly ApiEdge[]): ReadonlyMap<string, string> {
  const others = new Set(nodes.filter(({ kind }) => kind !== 'service').map(({ name }) => name));
  return new Map(edges.filter(({ server }) => others.has(server)).map(({ client, server }) => [server, client]));
}

/** What takes a place in a column: a node, or the passage of an edge that goes further. */
interface Item {
  readonly id: string;
  readonly node: ApiNode | null;
  readonly pulledBy: readonly string[];
}

/**
 * Callers left, called right: each node one column after the furthest of its callers. An edge over several columns
 * gets a place of its own in those between, so that it passes no node. Columns are ordered so that edges cross little.
 * A cycle is cut at the edge that closes it.
 */
export function layoutMap(nodes: readonly ApiNode[], edges: readonly ApiEdge[]): MapLayout {
  const column = columns(nodes.map(({ name }) => name), edges);
  const at = (name: string): number => column.get(name) ?? 0;
  const passage = ({ client, server }: ApiEdge, between: number): string => `${client} > ${server} ${between}`;
  const grouped: Item[][] = Array.from({ length: Math.max(0, ...column.values()) + 1 }, () => []);
  for (const node of nodes) {
    const callers = edges.filter(({ server }) => server === node.name);
    grouped[at(node.name)]?.push({ id: node.name, node, pulledBy: callers.map((edge) => (at(node.name) - at(edge.client) > 1 ? passage(edge, at(node.name) - 1) : edge.client)) });
  }
  for (const edge of edges) {
    for (let between = at(edge.client) + 1; between < at(edge.server); between += 1) {
      grouped[between]?.push({ id: passage(edge, between), node: null, pulledBy: [between === at(edge.client) + 1 ? edge.client : passage(edge, between - 1)] });
    }
  }
  const tallest = Math.max(1, ...grouped.map((group) => group.length));
  const places = new Map<string, Point>();
  const placed: PlacedNode[] = [];
  grouped.forEach((group, index) => {
    for (const [row, { id, node }] of ordered(group, places).entries()) {
      const place = { x: index * ACROSS, y: (row + (tallest - group.length) / 2) * DOWN };
      places.set(id, place);
      if (node) placed.push({ ...place, node });
    }
  });
  const drawn = edges.flatMap((edge) => {
    const stops = [edge.client, ...range(at(edge.client) + 1, at(edge.server)).map((between) => passage(edge, between)), edge.server].flatMap((id) => places.get(id) ?? []);
    const sides = stops.flatMap(({ x, y }) => [{ x, y: y + NODE.height / 2 }, { x: x + NODE.width, y: y + NODE.height / 2 }]);
    return sides.length < 4 ? [] : [{ edge, path: sides.slice(1, -1) }];
  });
  return { width: grouped.length * ACROSS - (ACROSS - NODE.width), height: tallest * DOWN - (DOWN - NODE.height), nodes: placed, edges: drawn };
}

/** By the mean height of what calls each, first of all those that nothing calls. */
function ordered(group: readonly Item[], places: ReadonlyMap<string, Point>): readonly Item[] {
  const pull = ({ pulledBy }: Item): number => {
    const heights = pulledBy.flatMap((id) => places.get(id)?.y ?? []);
    return heights.length === 0 ? -1 : heights.reduce((sum, y) => sum + y, 0) / heights.length;
  };
  return group.map((item) => ({ item, height: pull(item) })).toSorted((a, b) => a.height - b.height || a.item.id.localeCompare(b.item.id)).map(({ item }) => item);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
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

/** Between labels below each other, from a node to them, and the widest, px. */
const LINE = 15;
const BESIDE = 4;
const WIDEST = 90;

export interface Figure extends Point {
  /** Whether it stands at the end of the call, and so ends at x instead of beginning there. */
  readonly end: boolean;
}

/**
 * Where the figures of the calls stand, in their order: beside the node at whose side fewer lines meet, below each other
 * there and below whatever stands there already, so that none lies on another.
 */
export function figuresAt(edges: MapLayout['edges']): readonly Figure[] {
  const placed: Figure[] = [];
  for (const { edge, path } of edges) {
    const leaving = edges.filter((other) => other.edge.client === edge.client);
    const entering = edges.filter((other) => other.edge.server === edge.server);
    const end = leaving.length > entering.length;
    const beside = (end ? entering : leaving).map((other) => other.edge);
    const at = (end ? path.at(-1) : path[0]) ?? { x: 0, y: 0 };
    const x = end ? at.x - BESIDE : at.x + BESIDE;
    let y = at.y - 5 + LINE * Math.max(0, beside.indexOf(edge));
    const taken = placed.filter((other) => Math.abs(leftOf(other) - leftOf({ x, end })) < WIDEST).map((other) => other.y);
    for (const other of taken.toSorted((a, b) => a - b)) if (Math.abs(other - y) < LINE) y = other + LINE;
    placed.push({ x, y, end });
  }
  return placed;
}

const leftOf = ({ x, end }: Omit<Figure, 'y'>): number => (end ? x - WIDEST : x);
