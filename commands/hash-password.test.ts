import { Readable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { isPassword, parseHash } from '../server/auth/password.js';
import { printPasswordHash } from './hash-password.js';

async function given(text: string): Promise<string> {
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([text]) as typeof process.stdin);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await printPasswordHash();
    return String(log.mock.calls[0]?.[0]);
  } finally {
    stdin.mockRestore();
    log.mockRestore();
  }
}

it('prints a hash of the first line, which says nothing of the password', async () => {
  const text = await given('correct horse\n');
  expect(text).not.toContain('horse');
  const hash = parseHash(text);
  expect(hash && (await isPassword('correct horse', hash))).toBe(true);
  await expect(given('short\n')).rejects.toThrow('at least 8 characters');
});
