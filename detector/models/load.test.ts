import { expect, it } from 'vitest';
import { createLoad } from './load.js';

it('leaves out the shadow first, then what was promoted beside the models of the product, and takes them back one after the other', () => {
  const load = createLoad(1_000);
  const play = (...times: readonly number[]): string[] => times.map((ms) => load.observe(ms));
  expect(play(100, 500)).toEqual(['nothing', 'nothing']);
  expect(play(501, 501, 900)).toEqual(['shadow', 'promoted', 'promoted']);
  const quiet = play(...Array<number>(45).fill(10));
  expect([quiet.indexOf('shadow'), quiet.indexOf('nothing'), quiet.at(-1)]).toEqual([19, 39, 'nothing']);
});
