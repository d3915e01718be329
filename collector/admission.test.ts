import { expect, it } from 'vitest';
import { createAdmission } from './admission.js';

it('leaves a quarter of the memory to others, whatever one address sends', () => {
  const admission = createAdmission(800);
  const flood = Array.from({ length: 6 }, () => admission.open('10.0.0.1'));
  for (const lease of flood) lease.grow(100);
  expect(() => admission.open('10.0.0.1').grow(1)).toThrow(/from this address/);
  const other = admission.open('10.0.0.2');
  other.grow(200);
  expect(() => admission.open('10.0.0.3').grow(1)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL', retryable: true }));
  flood[0]?.release();
  admission.open('10.0.0.1').grow(100);
});

it('takes one request of a lone sender that is larger than its share', () => {
  const lease = createAdmission(100).open('10.0.0.1');
  lease.grow(90);
  expect(() => lease.grow(11)).toThrow(/too many requests/);
});
