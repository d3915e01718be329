import { trace } from '@opentelemetry/api';
import type { CartLine, Product } from '../backing/tables.js';
import { Failure } from '../instrument/http-server.js';
import type { Service } from './service.js';

export const cart: Service = {
  version: '4.2.0',
  routes: ({ call, redis, log, work }) => [
    {
      method: 'POST', path: '/cart',
      async handle({ body }) {
        await call('catalog', { method: 'GET', template: '/products/{id}', path: `/products/${String(body['product'])}` });
        await work(2, { flakeShare: 0.002 });
        const lines = await redis<number>('HSET cart', { customer: body['customer'], line: { product: body['product'], quantity: body['quantity'] } });
        log.info(`cart of ${String(body['customer'])} has ${lines} lines`, { 'app.cart.lines': lines });
        return { lines };
      },
    },
    {
      method: 'GET', path: '/cart',
      async handle({ query }) {
        await work(1);
        return redis<CartLine[]>('HGETALL cart', { customer: query.get('customer') });
      },
    },
    {
      method: 'POST', path: '/cart/clear',
      async handle({ body }) {
        return redis<number>('DEL cart', { customer: body['customer'] });
      },
    },
  ],
};

/** Reads the cart, reserves, charges, stores the order, announces it. */
export const checkout: Service = {
  version: '5.1.2',
  routes: ({ call, postgres, publish, log, work }) => [
    {
      method: 'POST', path: '/checkout',
      async handle({ body }) {
        const { customer, method } = body;
        const lines = (await call('cart', { method: 'GET', template: '/cart', path: `/cart?customer=${String(customer)}` })) as CartLine[];
        if (lines.length === 0) throw new Failure(409, 'EmptyCart', 'the cart is empty');
        await work(4, { flakeShare: 0.001 });
        const cents = lines.reduce((sum, { product, quantity }) => sum + (900 + product * 350) * quantity, 0);
        trace.getActiveSpan()?.setAttributes({ 'app.order.lines': lines.length, 'app.payment.method': String(method) });
        for (const line of lines) await call('inventory', { method: 'POST', template: '/reservations', body: line });
        await call('payment', { method: 'POST', template: '/charges', body: { cents, method } });
        const order = await postgres<number>('INSERT orders', { customer, cents });
        await publish({ order, lines });
        await call('cart', { method: 'POST', template: '/cart/clear', body: { customer } });
        log.info(`order ${order} placed for ${(cents / 100).toFixed(2)} EUR`, { 'app.order.id': order, 'app.order.cents': cents });
        return { order };
      },
    },
  ],
};

/** Cards are declined now and then: that is an answer, not a failure. */
export const payment: Service = {
  version: '2.0.7',
  routes: ({ postgres, log, work }) => [
    {
      method: 'POST', path: '/charges',
      async handle({ body }) {
        trace.getActiveSpan()?.setAttribute('app.payment.method', String(body['method']));
        await work(35, { flakeShare: 0.002, slowShare: 0.005 });
        if (Number(body['cents']) % 97 === 0) {
          log.warn('card declined by its issuer', { 'app.payment.method': String(body['method']) });
          throw new Failure(402, 'Declined', 'the card was declined');
        }
        const charge = await postgres<number>('INSERT payments', { cents: body['cents'] });
        log.info(`charge ${charge} authorised`, { 'app.payment.charge': charge });
        return { charge };
      },
    },
  ],
};

export const inventory: Service = {
  version: '1.16.4',
  routes: ({ postgres, log, work }) => [
    {
      method: 'POST', path: '/reservations',
      async handle({ body }) {
        await work(2, { flakeShare: 0.001 });
        return { stock: await postgres<Product | number>('SELECT stock', { id: body['product'] }) };
      },
    },
    {
      method: 'POST', path: '/dispatches',
      async handle({ body }) {
        await work(3);
        const left = await postgres<number>('UPDATE stock', { id: body['product'], quantity: body['quantity'] });
        if (left <= 0) log.warn(`product ${String(body['product'])} is out of stock; refilled from the warehouse`, { 'app.product.id': Number(body['product']) });
        return { left };
      },
    },
  ],
};

interface Order {
  readonly order: number;
  readonly lines: readonly CartLine[];
}

/** Packs what was ordered, as the queue gives it. */
export const fulfilment: Service = {
  version: '1.3.5',
  routes: () => [],
  async consume({ call, postgres, log, work }, value) {
    const { order, lines } = value as Order;
    await work(15, { flakeShare: 0.002 });
    for (const line of lines) await call('inventory', { method: 'POST', template: '/dispatches', body: line });
    await postgres<number>('UPDATE orders', { order });
    log.info(`order ${order} handed to the carrier`, { 'app.order.id': order });
  },
};
