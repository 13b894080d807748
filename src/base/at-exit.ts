/**
 * Last things to do when this process, or this thread, exits by itself.
 */

const key = Symbol('heddle.at-exit');

/**
 * Calls `action` when the process exits, until disposed. It must be synchronous.
 *
 * One listener does for all: Node.js warns of many.
 */
export function atExit(action: () => void): Disposable {
  const actions = actionsOfProcess();
  // Its own object, so that the same function may be given twice.
  const entry = (): void => action();
  actions.add(entry);
  return { [Symbol.dispose]: () => void actions.delete(entry) };
}

/** They hang on the process itself, with the listener that calls them. */
function actionsOfProcess(): Set<() => void> {
  const found = Reflect.get(process, key) as Set<() => void> | undefined; // Nobody else has the key.
  if (found !== undefined) return found;
  const actions = new Set<() => void>();
  Object.defineProperty(process, key, { value: actions });
  process.on('exit', () => {
    for (const action of actions) action();
  });
  return actions;
}
