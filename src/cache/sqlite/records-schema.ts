/**
 * The tables of records, as statements.
 *
 * A call is one row, with all that is known of it in `data`, so that it is found by its key in one look. The other columns
 * are for queries. `mentions` leads from any digest in a record (of an argument, a member, the result, or where one of them
 * is stored) to the calls that may mention it: 48 bits of the digest, so that a row is small. Rows there may be out of date,
 * after a record was replaced; so whatever is found by them is looked at again.
 *
 * Digests are spread over all of `mentions`: to write those of a few records changes as many pages, which measured as much as
 * all the rest of a record. So they wait in `unsorted`, in the order they come in, and are sorted in by the thousand, or before
 * they are asked for.
 */

export const recordsSchema: string = `
  CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    task TEXT NOT NULL,
    identity TEXT NOT NULL,
    run TEXT,
    started_ms REAL NOT NULL,
    data TEXT NOT NULL
  );
  CREATE INDEX calls_by_start ON calls (started_ms DESC);
  CREATE INDEX calls_by_task ON calls (task, started_ms DESC);
  CREATE INDEX calls_by_run ON calls (run, started_ms DESC);
  CREATE TABLE mentions (
    digest INTEGER NOT NULL,
    call INTEGER NOT NULL,
    PRIMARY KEY (digest, call)
  ) WITHOUT ROWID;
  CREATE TABLE unsorted (
    call INTEGER PRIMARY KEY,
    digests TEXT NOT NULL
  );
  CREATE TABLE claims (
    key BLOB PRIMARY KEY,
    owner TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    until_ms REAL NOT NULL
  );
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    started_ms REAL NOT NULL,
    data TEXT NOT NULL
  );
  CREATE INDEX runs_by_start ON runs (started_ms DESC);
  CREATE TABLE run_parts (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    data TEXT NOT NULL
  );
  CREATE INDEX run_parts_by_run ON run_parts (run, id);
`;
