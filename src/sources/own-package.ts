/**
 * heddle's own files, which count as a package wherever they are: also in its own repository, or where that is linked to.
 * Its examples and tests are code of a user.
 */

import { once } from '../base/once.ts';

/** The folder of heddle; `undefined` in a user's bundle, where its files and the user's are one. */
export const ownRoot: () => string | undefined = once(() => {
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  const match = /^(file:.*\/)(?:src\/sources\/own-package\.ts|dist\/chunks\/heddle-\w+\.js)(?:[?#].*)?$/.exec(
    import.meta.url,
  );
  return match?.[1] === undefined ? undefined : fileURLToPath(match[1]);
});

/** Whether a file is heddle's own. @param file - a real path */
export function isOwn(file: string): boolean {
  const root = ownRoot();
  return root !== undefined && file.startsWith(root) && /^(?:src|dist)[\\/]/.test(file.slice(root.length));
}
