/**
 * Bundles `dashboard-ui/`, the page of the dashboard, into one script and one style sheet for browsers.
 *
 * Promises that the names of the files are known without loading the bundler. The server writes the HTML around them, and
 * reports hold them.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The files that {@link bundlePage} writes, below its folder. */
export function pageNames(): string[] {
  return ['dashboard-ui/app.js', 'dashboard-ui/app.css'];
}

/**
 * Writes the page into a folder, below `dashboard-ui/`.
 *
 * @throws {Error} If a module cannot be read or found.
 *
 * @example
 * ```ts no-run
 * await bundlePage(join(root, 'dist'));
 * ```
 */
export async function bundlePage(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown');
  const bundler = await rolldown({
    cwd: root,
    input: { app: join(root, 'dashboard-ui', 'main.tsx') },
    platform: 'browser',
    tsconfig: false,
    transform: { target: 'es2022', jsx: { runtime: 'automatic', importSource: 'preact' } },
  });
  const to = join(folder, 'dashboard-ui');
  try {
    mkdirSync(to, { recursive: true });
    await bundler.write({
      dir: to,
      format: 'esm',
      entryFileNames: '[name].js',
      codeSplitting: false,
      minify: true,
      comments: false,
    });
  } finally {
    await bundler.close();
  }
  cpSync(join(root, 'dashboard-ui', 'app.css'), join(to, 'app.css'));
}

if (import.meta.main) {
  const [folder = join(root, 'dist')] = process.argv.slice(2);
  await bundlePage(folder);
}
