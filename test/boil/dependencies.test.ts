/** Rules that compilers print for make. */

import { describe, expect, test } from 'vitest';
import { parseDependencies } from '../../examples/boil/dependencies.ts';

describe('parseDependencies() reads', () => {
  test.each<[what: string, rules: string, files: string[]]>([
    ['one line', 'a.o: a.c a.h\n', ['a.c', 'a.h']],
    ['several lines', 'a.o: a.c \\\n  a.h \\\r\n b.h\n', ['a.c', 'a.h', 'b.h']],
    ['blanks in names', 'a\\ b.o: a\\ b.c c\\ d\\ e.h\n', ['a b.c', 'c d e.h']],
    ['dollars and hash signs', 'a.o: a$$b.c \\#c.h d#.h\n', ['a$b.c', '#c.h', 'd#.h']],
    ['backslashes', 'a.o: dir\\a.c x\\\\\\ y.h\n', ['dir\\a.c', 'x\\ y.h']],
    ['drives, in the target and in names', 'C:\\x\\a.o: C:\\x\\a.c\n', ['C:\\x\\a.c']],
    ['the first rule alone', 'a.o: a.c b.h\n\nb.h:\n', ['a.c', 'b.h']],
    ['a rule without files', 'a.o:\n', []],
    ['nothing', '', []],
  ])('%s', (_what, rules, files) => {
    expect(parseDependencies(rules)).toEqual(files);
  });
});
