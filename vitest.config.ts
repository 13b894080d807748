/**
 * How the tests run: each file in a process of its own, through Node's own module loader and type stripping.
 *
 * So a test loads modules as users' programs do, and tasks in test files can be imported by workers. The price: `vi.mock`
 * has no effect, which suits us (never 19).
 */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Hundreds of workers import the same sources: with their compiled code kept, each starts in a third of the time.
process.env['NODE_COMPILE_CACHE'] ??= join(
  import.meta.dirname,
  'node_modules',
  '.cache',
  'heddle',
  'compiled',
);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These need a SLURM or a Redis that somebody starts: `npm run test:cluster`.
    exclude: ['**/node_modules/**', 'test/cluster/**'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    experimental: { viteModuleRunner: false },
    // Generous for a busy machine; what is slower than this hangs.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
