import { z } from 'zod';

export const serverConfig = z.strictObject({
  allowed_hosts: z.array(z.string().min(1)).prefault([]).describe('Further names by which browsers may reach the dashboard, such as `faultline.example.com`. Loopback names and the bound address always may.'),
});
export type ServerConfig = z.output<typeof serverConfig>;
