import { defineConfig } from 'vitest/config';

/**
 * chdb owns one data path per process and crashes inside worker threads, so each test file gets
 * a process of its own (`forks`) and opens a fresh path.
 */
export default defineConfig({
  resolve: { conditions: ['faultline-source'] },
  ssr: { resolve: { conditions: ['faultline-source'] } },
  test: {
    pool: 'forks',
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: ['node_modules/**', 'dist/**'],
    globalSetup: './test/temporary-folder.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
    env: { UV_THREADPOOL_SIZE: '10', ORT_DISABLE_TELEMETRY: '1' },
    reporters: ['default', './test/closing-line.ts'],
  },
});
