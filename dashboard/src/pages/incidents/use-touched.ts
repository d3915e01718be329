import type { ApiMap } from '#core/api/services.js';
import type { Incident } from '#core/types.js';
import { useMap, type Answer } from '../../api/hooks.js';
import type { RangeMs } from '../../time/range.js';
import { namedCauses } from './named-causes.js';
import { asked } from './window.js';

/** Sixteen are drawn. */
const MOST_ASKED = 30;
const MOST_PARTS = 100;

/** The map around the services of an incident since its onset. */
export function useTouched(incident: Incident, window: RangeMs): Answer<ApiMap> {
  const { causes, services, startsAt } = incident;
  const named = namedCauses(causes).map(({ service }) => service);
  return useMap({ own: 'hide', around: [...named, ...services].slice(0, MOST_ASKED).join(','), hops: 1, most: MOST_PARTS }, asked(startsAt, incident, window));
}
