import { expect, it } from 'vitest';
import { warmUp } from './warm-up.js';

it('what is asked before anybody asks has answers', async () => {
  await expect(warmUp()).resolves.toBeUndefined();
});
