import { scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { systemClock, type Clock } from '#core/clock.js';
import { silentLogger } from '#core/log.js';
import { Registry } from '#core/metrics.js';
import { openAuth, type Auth } from './auth.js';
import { authConfig } from './config.js';

/** As configured; by default nobody has to sign in. */
export function testAuth(config: z.input<typeof authConfig> = {}, { dataDir = folder(), clock = systemClock, registry = new Registry() }: { dataDir?: string; clock?: Clock; registry?: Registry } = {}): Auth {
  return openAuth({ config: authConfig.parse(config), dataDir, registry, logger: silentLogger, clock });
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'faultline-auth-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A hash that is quick to check, as tests want it. */
export const cheapHash = (password: string): string => `$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$${scryptSync(password, Buffer.from('c2FsdHNhbHQ', 'base64'), 32, { N: 2 ** 14, r: 8, p: 1 }).toString('base64').replaceAll('=', '')}`;
