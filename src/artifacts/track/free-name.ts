/**
 * Names that nobody has yet: of experiments, and of the files of artifacts.
 *
 * Times in them are whole seconds, so two of the same second would have the same name, and the second would overwrite the
 * first. Such a one gets a number: `exp-20260110093000-2`, `features-20260110093000-2.json`. Only if it must, so that most
 * names are those that lazyscribe gives.
 */

/** Gives a name that is not taken. @param suffix - what stays last, such as `.json` */
export function freeName(stem: string, suffix: string, isTaken: (name: string) => boolean): string {
  let name = stem + suffix;
  for (let next = 2; isTaken(name); next++) name = `${stem}-${next}${suffix}`;
  return name;
}

/** The same for a path, whose last part has the suffix. */
export function freePath(path: string, isTaken: (path: string) => boolean): string {
  const start = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  const dot = path.lastIndexOf('.');
  const cut = dot > start ? dot : path.length;
  return freeName(path.slice(0, cut), path.slice(cut), isTaken);
}

/** As file systems compare names that tell no capital letters apart. To be compared, not to be shown. */
export function samePath(path: string): string {
  return path.normalize('NFC').toLowerCase().replaceAll('\\', '/');
}
