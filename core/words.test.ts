import { expect, it } from 'vitest';
import { apartText } from './words.js';

it.each([[400, '0 s'], [119_400, '119 s'], [720_000, '12 min'], [3_599_000, '1 h'], [7_230_000, '2 h 1 min'], [86_400_000, '1 d'], [599_459_000, '6 d 23 h'], [31 * 86_400_000 + 1, '31 d']])('%d ms are %s', (ms, text) => expect(apartText(ms)).toBe(text));
