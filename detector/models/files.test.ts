import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInModels } from './built-in.js';
import { readModel, writeModel } from './files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'model-'));
  for (const model of builtInModels()) if (model.card.name === 'seasonal') writeModel(folder, model);
});
afterEach(() => rmSync(folder, { recursive: true }));

const change = (edit: (card: Record<string, never>) => unknown): void => {
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>)));
};

describe('the folder of a model', () => {
  it('comes back as it was written', () => {
    const [seasonal] = builtInModels();
    expect(readModel(folder)).toEqual(seasonal);
  });
  it.each<[string, () => void, RegExp]>([
    ['a damaged graph', () => writeFileSync(join(folder, 'model.onnx'), 'nonsense'), /sha256 .* damaged/],
    ['a missing graph', () => rmSync(join(folder, 'model.onnx')), /no such file/],
    ['a card that is not JSON', () => writeFileSync(join(folder, 'model.json'), '{'), /model\.json/],
    ['an input the detector cannot give', () => change((card) => ({ ...card, inputs: { ...(card['inputs'] as object | undefined), weather: ['N', 3] } })), /weather must be one of window \[N, 120\], sorted \[N, 120\], ranks \[N, 5\], forecasts \[N, 15\], errors \[N, 15\], yesterday \[N, 61\]/],
    ['another window', () => change((card) => ({ ...card, inputs: { window: ['N', 64] } })), /window must be/],
    ['no scale', () => change((card) => ({ ...card, outputs: { expected: ['N', 1] } })), /must give scale/],
    ['a known answer that is too short', () => change((card) => ({ ...card, golden: { inputs: { forecasts: [1] }, expected: 0, scale: 1 } })), /needs 15 numbers of forecasts/],
    ['a name for a path', () => change((card) => ({ ...card, name: '../x' })), /name: expected a short name/],
  ])('refuses %s', (_, damage, reason) => {
    damage();
    expect(() => readModel(folder)).toThrow(reason);
  });
});
