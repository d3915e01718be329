import { expect, it } from 'vitest';
import { nearest } from './nearest.js';

it.each([
  ['serivce', 'service'], ['form', 'from'], ['sevice', 'service'], ['serv', undefined], ['limits', 'limit'], ['z', undefined], ['', undefined],
])('of %s takes %s for what was meant', (word, meant) => expect(nearest(word, ['q', 'from', 'to', 'service', 'limit'])).toBe(meant));
