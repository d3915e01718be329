import { stat } from 'node:fs/promises';
import { messageOf } from './errors.js';

/** What files look like on disk: time, size and identity, or why one cannot be seen. Another stamp, other contents. */
export async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(files.map((file) => stat(file).then(({ mtimeMs, size, ino }) => `${file} ${mtimeMs} ${size} ${ino}`, messageOf)));
  return stamps.join('\n');
}
