import { z } from 'zod';
import { authConfig } from './auth/config.js';

export const serverConfig = z.strictObject({
  allowed_hosts: z.array(z.string().min(1)).prefault([]).describe('Further names by which browsers may reach the dashboard, such as `faultline.example.com`. Loopback names and the bound address always may.'),
  trusted_proxies: z.array(z.string().min(1)).prefault([]).describe('Addresses of reverse proxies, such as `127.0.0.1` or `10.0.0.0/8`, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.'),
  auth: authConfig.prefault({}),
});
export type ServerConfig = z.output<typeof serverConfig>;
