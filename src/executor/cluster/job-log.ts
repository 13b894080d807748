/**
 * What a job has printed last, for people who are told that it has failed.
 */

/** How much of the end of a file is read, in bytes. Arbitrary. */
const mostBytes = 4096;
/** How much of it is told. Arbitrary: two lines of a terminal. */
const mostText = 240;
/** What says why, rather than that something went on. */
const telling =
  /error|fail|cannot|denied|not found|no such|killed|exceeded|memory|limit|cancel|refused|heddle:/i;

/**
 * Gives the line that seems to say why a job ended, or its last one; `undefined` if there is none, or the file has not come to
 * this machine yet.
 *
 * @param folder - in which the file is whose name ends in the job's id and `.out`
 */
export function lastWordsOf(folder: string, job: string): string | undefined {
  const fs = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  let text: string;
  try {
    const name = fs.readdirSync(folder).find((each) => each.endsWith(`${job}.out`));
    if (name === undefined) return undefined;
    text = fs.readFileSync(join(folder, name)).subarray(-mostBytes).toString();
  } catch {
    return undefined;
  }
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const line = lines.findLast((each) => telling.test(each)) ?? lines.at(-1);
  if (line === undefined) return undefined;
  return line.length > mostText ? `${line.slice(0, mostText)}…` : line;
}
