import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Existing files that `pattern` names: `*`, `?` and `[…]` stand for characters of one path component. A pattern without them names itself, also when there is no such file. */
export async function glob(pattern: string): Promise<string[]> {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? sep : ''];
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const last = index === parts.length - 1;
    const next = await Promise.all(found.map(async (folder) => (/[*?[]/.test(part) ? (await names(folder)).filter((name) => matcher(part).test(name)).map((name) => join(folder, name)) : [join(folder, part)])));
    found = last ? await onlyFiles(next.flat()) : next.flat();
  }
  return found.toSorted();
}

function matcher(part: string): RegExp {
  const source = part.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.').replace(/\[!/g, '[^');
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return /^$/;
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder === '' ? '.' : folder).catch(() => []);

async function onlyFiles(paths: readonly string[]): Promise<string[]> {
  const kinds = await Promise.all(paths.map((path) => stat(path).then((one) => one.isFile(), () => false)));
  return paths.filter((_path, index) => kinds[index]);
}
