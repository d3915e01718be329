import type { Store } from '#store/store.js';

const LIMIT_MS = 5_000;

/** Whether queries answer, and the tables are there, told after five seconds at the latest: a question may wait that long for its turn. */
export async function answers(store: Pick<Store, 'query'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), LIMIT_MS).unref()));
  const answered = store.query('SELECT 1 AS one FROM schema_migrations LIMIT 1', { timeoutSeconds: LIMIT_MS / 1000 }).then(
    (rows) => rows.length > 0,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
