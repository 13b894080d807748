/** The files of projects and repositories, read and written in turns with the library for Python, where that is installed. */

import { describe, expect, test } from 'vitest';
import { aboutLazyscribe, checkInterop } from '../../tools/lazyscribe/interop.ts';

/** Python is started some six times, and may have to compile its libraries. */
const limitMs = 120_000;

/** Another one than that on the path, such as that of a virtual environment. */
const python = process.env['HEDDLE_PYTHON'] ?? 'python3';

describe('files of projects and repositories', () => {
  test('are read, changed and saved by heddle and lazyscribe in turns', { timeout: limitMs }, async ({
    skip,
  }) => {
    const about = aboutLazyscribe(python);
    if (about === undefined) {
      skip(
        `'${python}' has no lazyscribe: pip install lazyscribe, or set HEDDLE_PYTHON to a Python that has it`,
      );
      return;
    }
    const facts: string[] = [];
    await checkInterop(python, about, (fact) => facts.push(fact));
    expect(facts).toHaveLength(9);
  });
});
