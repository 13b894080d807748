/**
 * Adds to `package-lock.json` the optional packages of other platforms that npm left out of it.
 *
 * npm forgets an optional package that the registry it asked does not have, or that an installed tree does not hold, and
 * then refuses its own lockfile: `npm ci` says "Missing: … from lock file". Run this after `npm install` changed the
 * lockfile. Promises entries for exactly the platforms that the packages' names say, at exactly the versions
 * that their owners ask for; an entry that is there is left as it is. Leaves `integrity` out, which only the
 * registry knows: npm on such a platform then goes by the version alone. With `--check` it only tells, and fails
 * if anything is left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const OPERATING_SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const file = new URL('../package-lock.json', import.meta.url);
const lockfile = JSON.parse(readFileSync(file, 'utf8'));
const added = complete(lockfile.packages);
const isCheck = process.argv.includes('--check');
if (added.length > 0 && !isCheck) {
  lockfile.packages = Object.fromEntries(
    Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(file, `${JSON.stringify(lockfile, undefined, 2)}\n`);
}
if (added.length === 0) console.log('package-lock.json is complete');
else if (!isCheck) console.log(`${added.length} packages of other platforms added to package-lock.json`);
else {
  console.error(
    `Cannot install from package-lock.json as it leaves out optional packages: received none for '${added[0]}'`,
  );
  console.error("Run 'node tools/complete-lockfile.mjs' after each 'npm install' that changes it.");
  process.exitCode = 1;
}

function complete(packages) {
  const names = [];
  for (const [owner, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const entry =
        /^\d/.test(version) && !isFound(packages, owner, name) ? entryFor(name, version, dev) : undefined;
      if (entry === undefined) continue;
      packages[`node_modules/${name}`] = entry;
      names.push(name);
    }
  }
  return names;
}

/** Looks for a package as Node does: beside its owner, then outwards. */
function isFound(packages, owner, name) {
  for (let at = owner; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

/** An entry as npm writes it, or `undefined` if the name tells no platform. */
function entryFor(name, version, dev) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => OPERATING_SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  const libc =
    os === 'linux' ? words.map((word) => LIBRARIES[word]).find((word) => word !== undefined) : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  };
}
