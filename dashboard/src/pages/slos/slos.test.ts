import { expect, it } from 'vitest';
import { stateOf } from './slo-state.js';

it.each([
  [{ burning: '', budgetLeft: 0.8, error: '' }, 'ok'],
  [{ burning: 'warning', budgetLeft: 0.8, error: '' }, 'warning'],
  [{ burning: 'critical', budgetLeft: 0.8, error: '' }, 'critical'],
  [{ burning: '', budgetLeft: 0.02, error: '' }, 'warning'],
  [{ burning: '', budgetLeft: -0.1, error: '' }, 'critical'],
  [{ burning: '', budgetLeft: null, error: '' }, 'learning'],
  [{ burning: '', budgetLeft: null, error: 'too many samples' }, 'error'],
] as const)('an objective with %o is %s', (slo, state) => expect(stateOf(slo)).toBe(state));
