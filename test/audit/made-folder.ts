/**
 * Folders to audit, made for a test and removed after it, and the audit as a user starts it.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../examples/audit/report.ts';

export const program: string = fileURLToPath(new URL('../../examples/audit/main.ts', import.meta.url));
/** No audit of a made folder takes longer. */
const LIMIT_MS = 60_000;

/** What came of an audit. */
export interface Audited {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with files in it. */
export class MadeFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'heddle-audit-'));
  readonly store: string = mkdtempSync(join(tmpdir(), 'heddle-audit-store-'));

  /** Writes a file, with the folders it needs. */
  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), content);
  }

  /** Writes a `package.json`. */
  describe(path: string, manifest: object): void {
    this.write(`${path}/package.json`, JSON.stringify(manifest));
  }

  /** Audits the folder. `meanwhile` gets the process, and what it has written on stderr, whenever that is more. */
  audit(
    args: readonly string[] = [],
    meanwhile: (child: ReturnType<typeof spawn>, stderr: string) => void = () => undefined,
  ): Promise<Audited> {
    const { promise, resolve, reject } = Promise.withResolvers<Audited>();
    const child = spawn(process.execPath, [program, '--dir', this.path, '--threads', '2', ...args], {
      env: { ...process.env, HEDDLE_AUDIT_STORE: this.store, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      meanwhile(child, stderr);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    return promise;
  }

  /** Audits the folder, and gives the report. */
  async report(args: readonly string[] = []): Promise<Report> {
    const { code, stdout, stderr } = await this.audit(['--json', '--ui', 'quiet', ...args]);
    if (code !== 0 || stderr !== '') throw new Error(`Cannot audit: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as Report;
  }

  [Symbol.dispose](): void {
    for (const path of [this.path, this.store]) rmSync(path, { recursive: true, force: true });
  }
}
