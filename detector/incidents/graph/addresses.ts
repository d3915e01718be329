/** Addresses within a network of one's own, such as `payment.shop.svc.cluster.local` and `payment.internal`. What `api.example.com` is their first label does not say. */
export const INSIDE = /^([^.]+)\.(?:.+\.)?(?:svc(?:\..+)?|local|internal)$/;

/** Of an address of the internet its domain, such as `example.com` of `api.example.com`. */
export const domainOf = (address: string): string | undefined => (INSIDE.test(address) ? undefined : /^(?:[\w-]+\.)*([\w-]+\.[a-z]{2,})(?::\d+)?$/i.exec(address)?.[1]?.toLowerCase());
