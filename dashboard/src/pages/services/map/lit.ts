import type { ApiEdge, ApiNode } from '#core/api/services.js';
import { edgeId } from './layout.js';

export interface Lit {
  readonly names: ReadonlySet<string>;
  /** By `edgeId`. */
  readonly edges: ReadonlySet<string>;
}

/** Parts with `text` in their names; none for ''. */
export function namedLike(nodes: readonly Pick<ApiNode, 'name'>[], text: string): readonly string[] {
  return text === '' ? [] : nodes.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())).map(({ name }) => name);
}

/** What a part of a map was drawn around: the one of this name, else all with it in theirs. */
export function askedFor(nodes: readonly Pick<ApiNode, 'name'>[], text: string): readonly string[] {
  const exact = nodes.filter(({ name }) => name.toLowerCase() === text.trim().toLowerCase());
  return exact.length > 0 ? exact.map(({ name }) => name) : namedLike(nodes, text);
}

/** The chosen parts, their neighbours, and the calls between; null when nothing is chosen, so that nothing fades. */
export function litNames(edges: readonly ApiEdge[], chosen: readonly string[]): Lit | null {
  if (chosen.length === 0) return null;
  const wanted = new Set(chosen);
  const touching = edges.filter(({ client, server }) => wanted.has(client) || wanted.has(server));
  return { names: new Set([...chosen, ...touching.flatMap(({ client, server }) => [client, server])]), edges: new Set(touching.map(edgeId)) };
}
