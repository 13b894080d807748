/**
 * How the tests that need a cluster run: as all others, but one file at a time, for they share one SLURM and one Redis, and
 * some of them take those down. `npm run test:cluster` starts both first.
 */
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  test: {
    ...base.test,
    include: ['test/cluster/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    passWithNoTests: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
