import { PRODUCTS } from '../load/journeys.js';
import type { Statement } from './database.js';

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly cents: number;
}

const KINDS = ['lamp', 'chair', 'desk', 'shelf', 'rug', 'vase'];
const MAX_CARTS = 5_000;
const FULL_STOCK = 500;

/** The shop's tables in PostgreSQL. */
export function shopTables(): Record<string, Statement> {
  const products: Product[] = Array.from({ length: PRODUCTS }, (_, index) => ({ id: index + 1, name: `${KINDS[index % KINDS.length]} no. ${index + 1}`, cents: 900 + index * 350 }));
  const stock = new Map(products.map(({ id }) => [id, FULL_STOCK]));
  let orders = 0;
  let payments = 0;
  return {
    'SELECT products': { medianMs: 3, run: ({ ids, limit }) => (Array.isArray(ids) ? products.filter(({ id }) => ids.includes(id)) : products.slice(0, Number(limit))) },
    'SELECT product': { medianMs: 2, run: ({ id }) => products[Number(id) - 1] ?? null },
    'SELECT stock': { medianMs: 2, run: ({ id }) => stock.get(Number(id)) ?? 0 },
    'UPDATE stock': {
      medianMs: 4,
      run({ id, quantity }) {
        const left = (stock.get(Number(id)) ?? 0) - Number(quantity);
        // The warehouse is refilled when it runs empty.
        stock.set(Number(id), left > 0 ? left : FULL_STOCK);
        return left;
      },
    },
    'INSERT orders': { medianMs: 5, run: () => (orders += 1) },
    'INSERT payments': { medianMs: 4, run: () => (payments += 1) },
    'UPDATE orders': { medianMs: 4, run: () => 1 },
  };
}

export type CartLine = Readonly<{ product: number; quantity: number }>;

/** The carts in Redis. */
export function cartTables(): Record<string, Statement> {
  const carts = new Map<string, CartLine[]>();
  return {
    'HGETALL cart': { medianMs: 1, run: ({ customer }) => carts.get(String(customer)) ?? [] },
    'HSET cart': {
      medianMs: 1,
      run({ customer, line }) {
        const key = String(customer);
        const cart = [...(carts.get(key) ?? []), line as CartLine].slice(-5);
        carts.delete(key);
        carts.set(key, cart);
        // Abandoned carts expire, oldest first.
        const [oldest] = carts.keys();
        if (carts.size > MAX_CARTS && oldest !== undefined) carts.delete(oldest);
        return cart.length;
      },
    },
    'DEL cart': { medianMs: 1, run: ({ customer }) => Number(carts.delete(String(customer))) },
  };
}
