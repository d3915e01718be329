import { messageOf } from '#core/errors.js';
import { stampOf } from '#core/file-stamps.js';
import type { Logger } from '#core/log.js';
import { registerMetrics, type Registry } from '#core/metrics.js';
import type { Component } from '#core/types.js';
import { filesOf } from './accounts.js';
import type { Auth } from './auth.js';
import type { AuthConfig } from './config.js';

const WATCH_MS = 5_000;

/** Where the configuration comes from. */
export interface AccountsSource {
  /** The file that holds it; it need not exist. */
  readonly file: string;
  /** Reads it anew. Throws CONFIG_INVALID. */
  read(): AuthConfig;
}

export interface AccountsWatchOptions {
  readonly auth: Auth;
  readonly source: AccountsSource;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly watchMs?: number;
}

export const accountsMetricTable = {
  faultline_server_accounts_last_reload_successful: { type: 'gauge', help: '1 when users and tokens were last read without a fault; 0 when those from before are still used.' },
} as const;

/** Takes up users and tokens when the file of the configuration, or one that it names for them, changes. What cannot be used leaves them as they were. */
export function watchAccounts({ auth, source, registry, logger, watchMs = WATCH_MS }: AccountsWatchOptions): Component {
  const metrics = registerMetrics(registry, accountsMetricTable);
  let timer: NodeJS.Timeout | undefined;
  let files: readonly string[] = [];
  let stamp = '';

  async function look(): Promise<void> {
    const now = await stampOf([source.file, ...files]);
    if (now === stamp) return;
    stamp = now;
    try {
      const config = source.read();
      files = filesOf(config);
      stamp = await stampOf([source.file, ...files]);
      if (auth.reload(config)) logger.info({ users: config.users.length, tokens: config.tokens.length }, 'users and tokens have changed');
      metrics.faultline_server_accounts_last_reload_successful.set(1);
    } catch (error) {
      metrics.faultline_server_accounts_last_reload_successful.set(0);
      logger.error({ error: messageOf(error) }, 'users and tokens stay as they were: the new ones cannot be used');
    }
  }

  return {
    name: 'accounts',
    async start() {
      // What was read for the start is read once more, so that a change since then is seen.
      await look();
      timer = setInterval(() => void look(), watchMs).unref();
    },
    async stop() {
      clearInterval(timer);
    },
  };
}
