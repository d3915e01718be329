import type { ApiMap } from '#core/api/services.js';
import { plural } from '../../../format/name.js';
import { number } from '../../../format/number.js';

/** Which part of the map is shown, and how to see another. */
export function mapWords({ shown, all, found, nodes }: Pick<ApiMap, 'shown' | 'all' | 'found'> & { readonly nodes: readonly unknown[] }, filter: string): string {
  switch (shown) {
    case 'all':
      return "callers before called; a line's width is its traffic; point at a part, or filter, to see its calls";
    case 'around':
      return found > 1 ? `${plural(found, 'part')} like “${filter}” with their neighbours: ${number(nodes.length)} of ${number(all)}` : `${number(nodes.length)} of ${plural(all, 'part')}: its neighbours; +n leads to those left out`;
    case 'trouble':
      return `${number(found)} of ${plural(all, 'part')} ${found === 1 ? 'is' : 'are'} in trouble: ${found === 1 ? 'it' : 'they'} and ${found === 1 ? 'its' : 'their'} neighbours; filter by name to see another`;
    case 'busiest':
      return `none of ${plural(all, 'part')} is in trouble: the ${nodes.length} with the most traffic; filter by name to see another and its neighbours`;
  }
}
