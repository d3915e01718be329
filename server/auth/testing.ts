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
