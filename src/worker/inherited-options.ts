/**
 * Which options of Node.js a worker process takes over from the program that starts it.
 */

/** Options of the program itself: what it is, how it is watched. A worker has its own entry. */
const ownOptions =
  /^--(?:inspect(?:-\w+)*|watch(?:-[\w-]+)?|test(?:-[\w-]+)?|input-type|interactive|check)(?:=|$)/;
/** Those whose next word belongs to them. */
const ownOptionsWithText = /^(?:--eval|--print|-e|-p|-pe)$/;
const ownLetters = /^-[cip]$/;

/** Gives the options that concern the runtime, such as those for loaders and memory. */
export function inheritedOptions(options: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const option = options[at] as string;
    if (ownOptionsWithText.test(option)) at++;
    else if (!ownOptions.test(option) && !ownLetters.test(option)) kept.push(option);
  }
  return kept;
}
