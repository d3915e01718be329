import { stat } from 'node:fs/promises';
import { messageOf } from '#core/errors.js';

/** Says what a file on disk looks like: time, size and identity, or why it cannot be seen. */
export const stampOf = (path: string): Promise<string> => stat(path).then(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`, messageOf);
