import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const prose = (path: string): string => read(path).replaceAll(/^ *```.*?^ *```/gms, '');

/** As GitHub makes them of headings, the second of a name with -1 behind it; and those that stand in the text. */
function anchors(path: string): Set<string> {
  const found = new Set([...read(path).matchAll(/<a id="([^"]+)">/g)].map(([, name = '']) => name));
  for (const [, heading = ''] of prose(path).matchAll(/^#+ (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let name = text;
    for (let count = 1; found.has(name); count++) name = `${text}-${count}`;
    found.add(name);
  }
  return found;
}

it.each(pages)('%s links to what is there', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^(https?|mailto):/.test(link));
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : new URL(path, new URL(page, root)).href.replace(root.href, '');
    return !existsSync(new URL(target, root)) || (anchor !== undefined && !anchors(target).has(anchor));
  });
  expect(broken).toEqual([]);
});

it('names no page that is not there in texts of the code', () => {
  const named = ['commands/command-line.ts', 'evaluate/command.ts', 'evaluate/layout.ts', 'docs/generate.ts', 'docs/config.md'].flatMap((path) => [...read(path).matchAll(/docs\/[a-z-]+\.md/g)].map(([name]) => name));
  expect(named.filter((name) => !existsSync(new URL(name, root)))).toEqual([]);
});

it('lists every page in docs/README.md', () => {
  const index = read('docs/README.md');
  expect(pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(`(${page.replace('docs/', '')})`))).toEqual([]);
});
