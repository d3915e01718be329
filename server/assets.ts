import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';

/** Addresses of the dashboard's pages, as its router has them (dashboard/src/routes.tsx). `{}` is one part of a path. */
const PAGES = ['/', '/incidents', '/incidents/{}', '/services', '/services/{}', '/traces', '/traces/{}', '/logs', '/metrics', '/metrics/query', '/alerts', '/slos', '/scaling', '/models', '/status'];
const PAGE = new RegExp(`^(?:${PAGES.map((page) => page.replaceAll('{}', '[^/]+').replace(/\/$/, '')).join('|')})/?$`, 'i');

/** Whether the dashboard has a page there; not where a part cannot be decoded. */
function isPage(path: string): boolean {
  try {
    decodeURIComponent(path);
  } catch {
    return false;
  }
  return PAGE.test(path);
}

/** Hashed files are immutable, and none stands for one that an upgrade took away; every other address is the application's, which says so where it has no such page. */
export function serveAssets(app: express.Express, assets: string): void {
  const index = join(assets, 'index.html');
  app.use('/assets', express.static(join(assets, 'assets'), { immutable: true, maxAge: '365d', index: false }));
  app.use('/assets', (_request, response) => void response.status(404).setHeader('cache-control', 'no-cache').type('text').send('no such file in this version\n'));
  app.use(express.static(assets, { index: false, maxAge: '1h' }));
  // By a pattern without parts: a part that cannot be decoded would be refused before the page can say what is wrong with it.
  app.get(/.*/, (request, response) => {
    if (!existsSync(index)) return void response.status(404).type('text').send('The dashboard is not built: run npm run build.\n');
    response.status(isPage(request.path) ? 200 : 404).setHeader('cache-control', 'no-cache');
    response.sendFile(index, { dotfiles: 'allow' });
  });
}
