/**
 * What a target is compiled with: the compiler, found and told apart from others, and all flags, those of libraries
 * included.
 */

import { BoilError } from './boil-error.ts';
import { splitWords } from './flags.ts';
import type { Programs } from './programs.ts';
import type { BuildTarget } from './target.ts';

/** Ready to be used. */
export interface Toolchain {
  readonly cc: readonly string[];
  readonly cflags: readonly string[];
  readonly ldflags: readonly string[];
  /** Differs where the compiler or its surroundings do: what another one has compiled is not up to date. */
  readonly identity: string;
}

/** Variables of the environment that compilers and linkers take paths from. */
const variables = ['CPATH', 'C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH', 'LIBRARY_PATH', 'SOURCE_DATE_EPOCH'];

/**
 * Finds the compiler and the flags of the libraries.
 *
 * @throws {BoilError} If there is no such compiler, no pkg-config, or it does not know a library.
 */
export async function findToolchain(target: BuildTarget, programs: Programs): Promise<Toolchain> {
  const { cc, libraries } = target;
  const version = await runNeeded([...cc, '--version'], programs, {
    verb: `build target '${target.name}'`,
    mend: "install the compiler, or name another one with 'cc' in boil.ini",
  });
  const cflags = [...target.cflags];
  const ldflags = [...target.ldflags];
  if (libraries.length > 0) {
    cflags.push(...(await askPkgConfig('--cflags', libraries, programs)));
    ldflags.push(...(await askPkgConfig('--libs', libraries, programs)));
  }
  const surroundings = variables.map((name) => `${name}=${process.env[name] ?? ''}`);
  return { cc, cflags, ldflags, identity: [version.stdout, ...surroundings].join('\n') };
}

async function askPkgConfig(
  question: string,
  libraries: readonly string[],
  programs: Programs,
): Promise<string[]> {
  const verb = `find the libraries ${libraries.map((name) => `'${name}'`).join(', ')}`;
  const pkgConfig = process.env['PKG_CONFIG'] ?? 'pkg-config';
  const answer = await runNeeded([pkgConfig, question, '--print-errors', ...libraries], programs, {
    verb,
    mend: "install it, or give the flags of the libraries in 'cflags' and 'ldflags'",
  });
  if (answer.code === 0) return splitWords(answer.stdout);
  throw new BoilError(`Cannot ${verb} as ${pkgConfig} refused them: received\n${answer.stderr.trimEnd()}`);
}

async function runNeeded(
  command: readonly string[],
  programs: Programs,
  { verb, mend }: { readonly verb: string; readonly mend: string },
): Promise<Awaited<ReturnType<Programs['run']>>> {
  try {
    return await programs.run(command);
  } catch (error) {
    if (!(error instanceof BoilError)) throw error;
    throw new BoilError(`Cannot ${verb}: ${error.message}\n  ${mend}`);
  }
}
