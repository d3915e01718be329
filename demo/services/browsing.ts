import type { Product } from '../backing/tables.js';
import type { Service } from './service.js';

export const catalog: Service = {
  version: '2.14.0',
  routes: ({ postgres, work }) => [
    {
      method: 'GET', path: '/products',
      async handle({ query }) {
        const ids = query.get('ids');
        await work(3, { flakeShare: 0.001 });
        return postgres<Product[]>('SELECT products', ids === null ? { limit: Number(query.get('limit') ?? 12) } : { ids: ids.split(',').map(Number) });
      },
    },
    {
      method: 'GET', path: '/products/{id}',
      async handle({ params: [id] }) {
        await work(2, { flakeShare: 0.001 });
        return postgres<Product | null>('SELECT product', { id: Number(id) });
      },
    },
  ],
};

/** Its index is in memory; the products it finds come from the catalog. A segment that is not in memory makes one search in fifty slow. */
export const search: Service = {
  version: '1.9.3',
  routes: ({ call, log, work }) => [
    {
      method: 'GET', path: '/search',
      async handle({ query }) {
        const words = query.get('q') ?? '';
        await work(12, { flakeShare: 0.002, slowShare: 0.02 });
        const first = 1 + (words.length * 7) % 50;
        const products = (await call('catalog', { method: 'GET', template: '/products', path: `/products?ids=${[first, first + 3, first + 6].join(',')}` })) as Product[];
        log.info(`search for "${words}" found ${products.length} products`, { 'app.search.words': words, 'app.search.hits': products.length });
        return products;
      },
    },
  ],
};

/** A model in memory, then the catalog. */
export const recommendation: Service = {
  version: '0.22.0',
  routes: ({ call, work }) => [
    {
      method: 'GET', path: '/recommendations',
      async handle() {
        await work(18, { flakeShare: 0.003, slowShare: 0.01 });
        return call('catalog', { method: 'GET', template: '/products', path: '/products?ids=4,11,23' });
      },
    },
  ],
};
