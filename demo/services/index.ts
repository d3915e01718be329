import { catalog, recommendation, search } from './browsing.js';
import { cart, checkout, fulfilment, inventory, payment } from './ordering.js';
import type { Service } from './service.js';
import { frontend } from './storefront.js';

/** Every service of the shop, by `service.name`. */
export const SERVICES = { frontend, catalog, search, recommendation, cart, checkout, payment, inventory, fulfilment } satisfies Record<string, Service>;
export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];

/** Who calls whom, as docs/demo.md draws it; past the queue too. */
export const CALLS: Readonly<Record<ServiceName, readonly (ServiceName | 'postgresql' | 'redis')[]>> = {
  frontend: ['catalog', 'recommendation', 'search', 'cart', 'checkout'],
  catalog: ['postgresql'],
  recommendation: ['catalog'],
  search: ['catalog'],
  cart: ['catalog', 'redis'],
  checkout: ['cart', 'inventory', 'payment', 'postgresql', 'fulfilment'],
  inventory: ['postgresql'],
  payment: ['postgresql'],
  fulfilment: ['inventory', 'postgresql'],
};
export const callersOf = (service: ServiceName): ServiceName[] => SERVICE_NAMES.filter((caller) => CALLS[caller].includes(service));
