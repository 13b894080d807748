/**
 * Judges one import: may this file name that module?
 *
 * Promises the first prohibition that the import breaks, with its mend. Leaves cycles, which no single import makes, to
 * `check-layers.ts`.
 */
import { FACADE_LAYER, FOLDERS, INSIDE_ONLY, MAY_ISOLATE, SHARED_WITH_INSIDE } from './layers.ts';

/** What is wrong with an import. */
export interface ImportBreach {
  readonly never: number;
  readonly what: string;
  readonly mend: string;
}

/**
 * Finds what an import breaks.
 *
 * @param from - path of the importing file, from the project's root
 * @param to - path of the imported file from the root, or a package's or `node:` specifier
 * @returns the breach, or `undefined` if the import is allowed
 */
export function findImportBreach(from: string, to: string): ImportBreach | undefined {
  const inside = isInside(to);
  return (
    isolates(from, to) ?? outsideBreach(from, to, inside) ?? (inside ? folderBreach(from, to) : undefined)
  );
}

/** The folder of `src/` a path is in, `façades` for files directly in `src/`, `undefined` for all else. */
export function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  if (parts[0] !== 'src') return undefined;
  return parts.length === 2 ? 'façades' : parts[1];
}

function isInside(to: string): boolean {
  return /^(?:\.\.\/|src\/|test\/|tools\/|examples\/|bench\/|dashboard-ui\/|vitest\.config)/.test(to);
}

/** Nevers 3 and 19: threads and processes are started in few places. Also timers by import: only `base/` may, and no test. */
function isolates(from: string, to: string): ImportBreach | undefined {
  if (/^test\/(?!fixtures\/|base\/)/.test(from) && to === 'node:timers/promises') {
    return {
      never: 19,
      what: `a test imports '${to}', to sleep`,
      mend: 'Wait for the fact itself, or use a fake clock.',
    };
  }
  if (!from.startsWith('src/')) return undefined;
  if (
    /^(?:node:)?(?:worker_threads|child_process|cluster)$/.test(to) &&
    !MAY_ISOLATE.some((rule) => rule.test(from))
  ) {
    const mend = 'Go through a transport of src/worker/.';
    return { never: 3, what: `'${from}' imports '${to}'`, mend };
  }
  if (/^(?:node:)?timers(?:\/promises)?$/.test(to) && folderOf(from) !== 'base') {
    return {
      never: 2,
      what: `'${from}' imports '${to}'`,
      mend: "Take a 'Clock' of src/base/ as an argument.",
    };
  }
  return undefined;
}

/** Nevers 2, 7 and 20: what pure folders, façades' users and examples take from outside their walls. */
function outsideBreach(from: string, to: string, inside: boolean): ImportBreach | undefined {
  const folder = folderOf(from);
  if (folder !== undefined && FOLDERS[folder]?.pure && !inside) {
    const never = to.startsWith('node:') ? 2 : 20;
    return {
      never,
      what: `'${folder}/' is pure and imports '${to}'`,
      mend: 'Take what is needed as an argument, from a folder that may.',
    };
  }
  if (from.startsWith('examples/')) {
    const own = inside
      ? to.startsWith('examples/')
      : !to.startsWith('heddle/src') && !to.startsWith('heddle/dist');
    const mend = "Import 'heddle' or one of its published subpaths, as users do.";
    if (!own) return { never: 7, what: `an example imports '${to}', which users cannot`, mend };
  }
  if (from.startsWith('dashboard-ui/')) {
    const own = inside
      ? /^(?:dashboard-ui|src\/observe|src\/events)\//.test(to)
      : /^(?:preact|@preact\/signals)(?:\/|$)/.test(to);
    const mend =
      'It runs in browsers: what it shares with the library is pure, in src/observe/ and src/events/.';
    if (!own) return { never: 1, what: `the dashboard's page imports '${to}'`, mend };
  }
  if (from.startsWith('src/') && inside && folderOf(to) === undefined && to !== 'package.json') {
    return {
      never: 1,
      what: `'${from}' imports '${to}' from outside src/`,
      mend: 'Move what is needed into src/.',
    };
  }
  return undefined;
}

/** Nevers 1, 4, 5, 6 and 7: the table, from its narrowest rule to its widest. */
function folderBreach(from: string, to: string): ImportBreach | undefined {
  const [folder, target] = [folderOf(from), folderOf(to)];
  if (folder === undefined || target === undefined) return undefined;
  const narrow = insideBreach(from, to, target);
  if (narrow !== undefined || folder === target) return narrow;
  const what = `'${folder}/' imports '${to}'`;
  const rule = FOLDERS[folder];
  if (folder !== 'façades' && rule === undefined) {
    return {
      never: 1,
      what: `'${folder}/' is in no layer`,
      mend: 'Give the folder a layer in tools/layers.ts.',
    };
  }
  const layer = rule?.layer ?? FACADE_LAYER;
  const targetLayer =
    target === 'façades' ? FACADE_LAYER : (FOLDERS[target]?.layer ?? Number.POSITIVE_INFINITY);
  if (targetLayer > layer) {
    const mend = 'Lower may not import higher: pass it in from above, or move it down.';
    return { never: 1, what: `${what} (layer ${layer} → ${targetLayer})`, mend };
  }
  if (rule?.only !== undefined && !rule.only.includes(target)) {
    const never = { store: 6, executor: 6, cli: 7, dashboard: 7 }[folder] ?? 1;
    return {
      never,
      what,
      mend: `'${folder}/' may import ${rule.only.map((name) => `'${name}'`).join(', ')} only.`,
    };
  }
  const contracts = rule?.contracts?.[target];
  if (contracts !== undefined && !contracts.some((file) => to === `src/${target}/${file}`)) {
    const mend = `Name the contract (${contracts.join(', ')}) and let a façade choose what fulfils it.`;
    return { never: 5, what: `${what}, which is not a contract`, mend };
  }
  return undefined;
}

/** Never 4: code that runs in a worker drags no host code there. What it shares with the host is held to the same. */
function insideBreach(from: string, to: string, target: string): ImportBreach | undefined {
  const shared = (path: string): boolean => SHARED_WITH_INSIDE.some((rule) => rule.test(path));
  const isWithin = (path: string): boolean => path.startsWith('src/worker/inside/') || shared(path);
  if (!isWithin(from) || isWithin(to) || INSIDE_ONLY.includes(target)) return undefined;
  const mend = `It would be loaded in every worker. Only ${INSIDE_ONLY.join(', ')} and the protocol are shared.`;
  return { never: 4, what: `'${from}' runs in workers and imports '${to}'`, mend };
}
