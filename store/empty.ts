import type { Store } from './store.js';

/** Nothing to read, nothing kept. */
export const emptyStore: Store = {
  mode: 'embedded', version: '', query: async () => [], queryBytes: async () => Buffer.alloc(0), readRaw: async () => ({ body: Buffer.alloc(0), readRows: 0, readBytes: 0 }),
  command: async () => {}, insert: async () => {}, insertNative: async () => {}, insertNativeFile: async () => {}, diskBytes: async () => 0, close: async () => {},
};
