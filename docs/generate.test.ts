import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pages } from './generate.js';

it.each(Object.entries(pages))('docs/%s says what the code says (npm run docs)', (name, page) => {
  expect(readFileSync(new URL(name, import.meta.url), 'utf8')).toBe(page());
});
