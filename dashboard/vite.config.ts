import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `npx vite dashboard` serves it for development, against a server that runs at FAULTLINE_URL. */
const api = process.env['FAULTLINE_URL'] ?? 'http://localhost:8080';
const INITIAL_BUDGET = 250_000;

/** Prints what a first visit loads as JavaScript, compressed, and refuses a build above the budget. */
function budget(): Plugin {
  return {
    name: 'faultline-budget',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const seen = new Set<string>();
      const visit = (name: string): void => {
        const chunk = chunks.find(({ fileName }) => fileName === name);
        if (!chunk || seen.has(name)) return;
        seen.add(name);
        chunk.imports.forEach(visit);
      };
      for (const { fileName, isEntry } of chunks) if (isEntry) visit(fileName);
      const bytes = chunks.filter(({ fileName }) => seen.has(fileName)).reduce((sum, { code }) => sum + gzipSync(code).length, 0);
      const said = `initial JavaScript: ${(bytes / 1_000).toFixed(1)} kB gzip of ${INITIAL_BUDGET / 1_000} kB`;
      if (bytes > INITIAL_BUDGET) this.error(said);
      this.info(said);
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), budget()],
  server: { proxy: { '/api': api } },
  build: { outDir: '../dist/dashboard', emptyOutDir: true, target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 1_000 },
});
