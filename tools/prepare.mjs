/**
 * Makes a clone ready to run: installs what `package-lock.json` names, then builds `dist/`.
 *
 * Runs before `npm test`, `npm run demo` and the like, so the first command on a fresh clone is enough. Promises to
 * be quick when there is nothing to do, to do the work once when started twice, and to leave no half-made state
 * that the next start takes for whole. Plain JavaScript for Node 18 and later, without dependencies: it runs
 * before any is there, on whatever Node the machine has. Building is left to `build.ts`, on the installed Node 24.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdLock } from './hold-lock.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const installedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

/** Holds the digest of the lockfile that was installed. Inside `node_modules`, so that `npm ci` removes it first. */
const stamp = join(root, 'node_modules', '.heddle-installed');

process.exitCode = await prepare();

async function prepare() {
  const release = holdLock(join(root, '.heddle', 'prepare.lock'), (pid) => {
    console.error(`Waiting for another preparation to end (process ${pid ?? 'unknown'})…`);
  });
  let ended = { code: 0, signal: undefined };
  try {
    ended = await installAndBuild();
  } finally {
    release();
  }
  if (ended.signal) process.kill(process.pid, ended.signal); // End as the user asked, so that npm stops too.
  return ended.code;
}

async function installAndBuild() {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lockfile).digest('hex');
  if (!isInstalled(lockfile, digest)) {
    console.error('Installing what heddle is built with (once)…');
    const ended = await start(
      'npm',
      ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
      systemEnvironment(),
    );
    if (ended.code !== 0 || ended.signal) {
      if (!ended.signal) {
        const left = ended.error ? ended.error.message : `exit code ${ended.code}`;
        console.error(`Cannot install the dependencies as 'npm ci' failed: received ${left}`);
        console.error(
          `Run 'npm ci' in '${root}' to see why; it needs the package registry or a warm npm cache.`,
        );
      }
      return ended;
    }
    writeFileSync(stamp, digest);
  }
  const node = pickNode();
  if (node === undefined) {
    console.error(`Cannot build heddle as Node.js 22.18 or later is needed: received ${process.version}`);
    console.error(
      "The 'node' package brings it if npm may run install scripts: 'npm ci --ignore-scripts=false'.",
    );
    return { code: 1, signal: undefined };
  }
  return await start(node, [join(root, 'tools', 'build.ts'), '--quiet'], process.env);
}

/**
 * Tells whether `node_modules` is what the lockfile names. Somebody may have run `npm ci` or `npm install` by hand, which
 * leaves no stamp: then npm's own list of what it installed decides.
 */
function isInstalled(lockfile, digest) {
  if (!existsSync(join(root, 'node_modules'))) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  const listFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(listFile)) return false;
  const wanted = JSON.parse(lockfile.toString('utf8')).packages;
  const there = JSON.parse(readFileSync(listFile, 'utf8')).packages;
  for (const [path, { version, optional, peer }] of Object.entries(wanted)) {
    if (path === '' || optional || (peer && there[path] === undefined)) continue;
    if (there[path]?.version !== version) return false;
  }
  writeFileSync(stamp, digest);
  return true;
}

/** The installed Node 24; or this one, if install scripts were not allowed to fetch that and this one reads TypeScript. */
function pickNode() {
  if (existsSync(installedNode)) return installedNode;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? process.execPath : undefined;
}

/**
 * The environment without this project's `node_modules/.bin`: `npm ci` deletes that folder, and with it the `node` that
 * npm and the install scripts would be running on.
 */
function systemEnvironment() {
  const bin = join(root, 'node_modules', '.bin');
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const path = (process.env[name] ?? '').split(delimiter).filter((entry) => resolve(entry) !== bin);
  return { ...process.env, [name]: path.join(delimiter) };
}

/**
 * Runs a program to its end. Ctrl-C reaches the program by itself (same terminal); we wait until it has
 * cleaned up, and only then end, so that the lock outlives the work. A signal sent to us alone is passed on.
 */
function start(program, args, env) {
  return new Promise((settle) => {
    const child = spawn(program, args, {
      cwd: root,
      env,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    let signal;
    const onSignal = (name) => {
      signal = name;
      if (name !== 'SIGINT') child.kill(name);
    };
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const name of names) process.on(name, onSignal);
    const end = (code, error) => {
      for (const name of names) process.off(name, onSignal);
      settle({ code, signal, error });
    };
    child.on('error', (error) => end(1, error));
    child.on('exit', (code, endedBy) => end(code ?? (endedBy ? 1 : 0)));
  });
}
