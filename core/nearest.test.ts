import { expect, it } from 'vitest';
import { nearest } from './nearest.js';

it.each([
  ['serivce', 'service'], ['form', 'from'], ['sevice', 'service'], ['serv', undefined], ['limits', 'limit'], ['z', undefined], ['', undefined],
])('of %s takes %s for what was meant', (word, meant) => expect(nearest(word, ['q', 'from', 'to', 'service', 'limit'])).toBe(meant));

it.each([['port', undefined], ['hots', 'host'], ['hsot_neme', undefined], ['htpt_port', 'http_port'], ['tls', 'tls'], ['tsl', 'tls']])('of %s among short names takes %s', (word, meant) => expect(nearest(word, ['host', 'tls', 'http_port'])).toBe(meant));
