/**
 * What another writer did to a file since it was read: which records are as they were, changed, removed, or new.
 *
 * Records that are equal to the last character are the same; after those, records of the same key. So of several with one
 * key, as lazyscribe writes them within one second, each is matched once.
 */

import type { FileRecord } from './record-file.ts';

/** What became of records. */
export interface MatchedRecords<Own> {
  readonly unchanged: ReadonlyMap<Own, FileRecord>;
  readonly changed: ReadonlyMap<Own, FileRecord>;
  readonly removed: readonly Own[];
  /** In the order of the file. */
  readonly added: readonly FileRecord[];
}

/**
 * Compares records with those of a file.
 *
 * @param base - the texts that they had in the file
 */
export function matchRecords<Own>(
  base: ReadonlyMap<Own, string>,
  theirs: readonly FileRecord[],
  keyOf: { readonly own: (own: Own) => string; readonly theirs: (record: FileRecord) => string },
): MatchedRecords<Own> {
  const left = new Set(theirs);
  const take = (lists: Map<string, FileRecord[]>, key: string): FileRecord | undefined => {
    const list = lists.get(key) ?? [];
    while (list.length > 0) {
      const record = list.shift() as FileRecord;
      if (left.delete(record)) return record;
    }
    return undefined;
  };
  const byText = listsOf(theirs, ({ text }) => text);
  const unchanged = new Map<Own, FileRecord>();
  const others: Own[] = [];
  for (const [own, text] of base) {
    const record = take(byText, text);
    if (record === undefined) others.push(own);
    else unchanged.set(own, record);
  }
  const byKey = listsOf([...left], keyOf.theirs);
  const changed = new Map<Own, FileRecord>();
  const removed: Own[] = [];
  for (const own of others) {
    const record = take(byKey, keyOf.own(own));
    if (record === undefined) removed.push(own);
    else changed.set(own, record);
  }
  return { unchanged, changed, removed, added: [...left] };
}

function listsOf(
  records: readonly FileRecord[],
  keyOf: (record: FileRecord) => string,
): Map<string, FileRecord[]> {
  const lists = new Map<string, FileRecord[]>();
  for (const record of records) {
    const key = keyOf(record);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [record]);
    else list.push(record);
  }
  return lists;
}
