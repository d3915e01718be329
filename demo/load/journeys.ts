import { pick, type Random } from '../random.js';

export interface Step {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

/** One visitor: who, and what they will do, in order. */
export interface Session {
  readonly journey: Journey;
  readonly baggage: string;
  readonly steps: readonly Step[];
}

const JOURNEYS = { browse: 30, search: 25, cart: 20, checkout: 25 } as const;
export type Journey = keyof typeof JOURNEYS;
export const PRODUCTS = 60;
const WORDS = { lamp: 5, chair: 4, desk: 4, shelf: 3, rug: 2, vase: 1 } as const;

export function createSession(random: Random): Session {
  const journey = pick(random, JOURNEYS);
  const platform = pick(random, { web: 50, ios: 30, android: 20 });
  const region = pick(random, { eu: 45, us: 35, ap: 20 });
  const tier = pick(random, { standard: 80, gold: 20 });
  const customer = `c${Math.floor(random() * 5000)}`;
  return { journey, baggage: `app.platform=${platform},app.region=${region},app.customer.tier=${tier}`, steps: stepsOf(journey, random, customer) };
}

function stepsOf(journey: Journey, random: Random, customer: string): Step[] {
  // Few products draw most of the visits.
  const product = (): Step => ({ method: 'GET', path: `/products/${1 + Math.floor(random() ** 2 * PRODUCTS)}` });
  const add = (): Step => ({ method: 'POST', path: '/cart', body: { customer, product: 1 + Math.floor(random() ** 2 * PRODUCTS), quantity: 1 + Math.floor(random() * 3) } });
  switch (journey) {
    case 'browse':
      return [{ method: 'GET', path: '/' }, product(), product()];
    case 'search':
      return [{ method: 'GET', path: `/search?q=${pick(random, WORDS)}` }, product()];
    case 'cart':
      return [product(), add()];
    case 'checkout':
      return [product(), add(), { method: 'GET', path: `/cart?customer=${customer}` }, { method: 'POST', path: '/checkout', body: { customer, method: pick(random, { card: 75, wallet: 25 }) } }];
  }
}
