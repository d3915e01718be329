import { trace } from '@opentelemetry/api';
import type { Service } from './service.js';

/** The front: turns pages into calls. What a page can do without, it does without. */
export const frontend: Service = {
  version: '3.8.1',
  routes: ({ call, log, work }) => {
    async function recommendations(): Promise<unknown> {
      try {
        return await call('recommendation', { method: 'GET', template: '/recommendations' });
      } catch (error) {
        log.warn('page served without recommendations', { reason: String(error) });
        return [];
      }
    }
    return [
      {
        method: 'GET', path: '/',
        async handle() {
          const [products, recommended] = await Promise.all([call('catalog', { method: 'GET', template: '/products', path: '/products?limit=12' }), recommendations()]);
          await work(4);
          return { products, recommended };
        },
      },
      {
        method: 'GET', path: '/products/{id}',
        async handle({ params: [id = ''] }) {
          const product = await call('catalog', { method: 'GET', template: '/products/{id}', path: `/products/${id}` });
          await work(3);
          return product;
        },
      },
      {
        method: 'GET', path: '/search',
        async handle({ query }) {
          const found = await call('search', { method: 'GET', template: '/search', path: `/search?q=${encodeURIComponent(query.get('q') ?? '')}` });
          await work(3);
          return found;
        },
      },
      {
        method: 'POST', path: '/cart',
        async handle({ body }) {
          await work(2);
          return call('cart', { method: 'POST', template: '/cart', body });
        },
      },
      {
        method: 'GET', path: '/cart',
        async handle({ query }) {
          await work(2);
          return call('cart', { method: 'GET', template: '/cart', path: `/cart?customer=${encodeURIComponent(query.get('customer') ?? '')}` });
        },
      },
      {
        method: 'POST', path: '/checkout',
        async handle({ body }) {
          trace.getActiveSpan()?.setAttribute('app.payment.method', String(body['method']));
          await work(3, { flakeShare: 0.001 });
          return call('checkout', { method: 'POST', template: '/checkout', body });
        },
      },
    ];
  },
};
