import { expect, it } from 'vitest';
import { stateOf } from './slo-state.js';

it.each([
  [{ burning: '', budgetLeft: 0.8 }, 'ok'],
  [{ burning: 'warning', budgetLeft: 0.8 }, 'warning'],
  [{ burning: 'critical', budgetLeft: 0.8 }, 'critical'],
  [{ burning: '', budgetLeft: 0.02 }, 'warning'],
  [{ burning: '', budgetLeft: -0.1 }, 'critical'],
  [{ burning: '', budgetLeft: null }, 'learning'],
] as const)('an objective with %o is %s', (slo, state) => expect(stateOf(slo)).toBe(state));
