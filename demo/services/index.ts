import { catalog, recommendation, search } from './browsing.js';
import { cart, checkout, fulfilment, inventory, payment } from './ordering.js';
import type { Service } from './service.js';
import { frontend } from './storefront.js';

/** Every service of the shop, by `service.name`. */
export const SERVICES = { frontend, catalog, search, recommendation, cart, checkout, payment, inventory, fulfilment } satisfies Record<string, Service>;
export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];
