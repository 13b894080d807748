/** boil, run as a program on real projects with the real compiler. */

import { createReadStream } from 'node:fs';
import { appendFile, chmod, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { hasCompilers, Project, whenEnded } from './fixtures/boil/project.ts';
import { hasPseudoTerminals } from './fixtures/terminal/pseudo-terminal.ts';
import { screenOf } from './fixtures/terminal/screen.ts';

/** A program of two sources and a header that one of them includes; names have blanks and worse. */
const greeting = {
  'boil.ini': [
    '[generic]',
    'cc = gcc',
    'ext = .c',
    'srcdir = the sources',
    '[hello]',
    'target = greet',
    '[clean]',
    'command = rm -rf obj ${hello:target} && echo cleaned',
    '[fail]',
    'command = exit 7',
  ].join('\n'),
  'the sources/main.c':
    'const char *word(void);\nint puts(const char *);\nint main(void) { return puts(word()) < 0; }\n',
  'the sources/a $word #1.c': '#include "my word.h"\nconst char *word(void) { return WORD; }\n',
  'the sources/my word.h': '#define WORD "hello"\n',
};

/** The sources that were compiled, and whether there was linking, as a plain display tells. */
function doneIn(stderr: string): string[] {
  return [...stderr.matchAll(/^\[done\] (.*?) \.\.\.$/gm)].map(([, text = '']) => text).sort();
}

const everything = ['Compiling the sources/a $word #1.c', 'Compiling the sources/main.c', 'Linking'];

describe('boil', { timeout: 120_000, concurrent: true }, () => {
  beforeEach(({ skip }) => {
    if (!hasCompilers) skip('gcc and g++ are not installed');
  });

  test('builds the sample, which runs, and then has nothing to do', async () => {
    await using sample = await Project.ofSample();
    const first = await sample.boil('main', '-j2');
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(doneIn(first.stderr)).toHaveLength(7);
    expect(sample.execute('hello').split('\n').length).toBeGreaterThan(40);
    expect(await sample.boil('main')).toMatchObject({ code: 0, stdout: 'nothing-to-do\n' });
    // The other target shares the objects of src/.
    const other = await sample.boil('test');
    expect(doneIn(other.stderr)).toEqual(['Compiling test/unittests.cc', 'Linking']);
    expect(sample.execute('unittests')).not.toContain('not so');
  });

  test('touched files are not compiled again, changed ones are, with what includes them', async () => {
    await using project = await Project.of(greeting);
    expect(doneIn((await project.boil('hello', '-j1')).stderr)).toEqual(everything);
    expect(project.execute('greet')).toBe('hello\n');

    const header = 'the sources/my word.h';
    await utimes(project.path(header), new Date('2037-01-01'), new Date('2037-01-01'));
    expect((await project.boil('hello')).stdout).toBe('nothing-to-do\n');

    // Newer content under an older date: a tool that goes by times alone would miss it.
    await project.write(header, '#define WORD "hullo"\n');
    await utimes(project.path(header), new Date('2001-01-01'), new Date('2001-01-01'));
    expect(doneIn((await project.boil('hello')).stderr)).toEqual([everything[0], 'Linking']);
    expect(project.execute('greet')).toBe('hullo\n');
  });

  test('an object that comes out the same is not linked again', async () => {
    await using project = await Project.of(greeting);
    await project.boil('hello');
    await appendFile(project.path('the sources/main.c'), '/* only a comment */\n');
    const { stdout, stderr } = await project.boil('hello');
    expect([stdout, doneIn(stderr)]).toEqual(['nothing-to-do\n', ['Compiling the sources/main.c']]);
  });

  test('other flags, and objects or programs that were lost or replaced, are made again', async () => {
    await using project = await Project.of(greeting);
    await project.boil('hello');
    await rm(project.path('greet'));
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(['Linking']);
    await writeFile(project.path('obj/the sources/main.c.o'), 'not an object');
    // Linking is not needed, since the object comes out as it was.
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(['Compiling the sources/main.c']);
    await appendFile(project.path('boil.ini'), '\n[DEFAULT]\ncflags = -DNEW="\'a b\'" -g\n');
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(everything);
  });

  test('a damaged state costs work and nothing else', async () => {
    await using project = await Project.of(greeting);
    await project.boil('hello');
    const state = project.path('obj/.boil-state.jsonl');
    const lines = (await readFile(state, 'utf8')).split('\n');
    await writeFile(state, [...lines.slice(0, -1), lines.at(-1)?.slice(0, 20)].join('\n'));
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(['Linking']);
    await writeFile(state, '{"boil":99}\nwhatever\n');
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(everything);
    expect((await project.boil('hello')).stdout).toBe('nothing-to-do\n');
  });

  test('all sources that do not compile are reported at once, in the words of the compiler', async () => {
    await using project = await Project.of({
      ...greeting,
      'the sources/bad.c': 'int bad(void) { return nothing; }\n',
      'the sources/worse.c': '#include "missing.h"\n',
      'the sources/odd.c': '#warning look here\n',
    });
    const { code, stderr } = await project.boil('hello', '-j2');
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot compile 'the sources/bad.c' as 'gcc' ended with exit code 1\n");
    expect(stderr).toMatch(/bad\.c:1:24: error: .*nothing.* undeclared/);
    expect(stderr).toMatch(/worse\.c:1:10: fatal error: missing\.h: No such file/);
    expect(stderr).toMatch(/odd\.c:1:2: warning: #warning look here/);
    expect(stderr).not.toContain('Linking');
    // What did compile is kept.
    await rm(project.path('the sources/bad.c'));
    await rm(project.path('the sources/worse.c'));
    expect(doneIn((await project.boil('hello')).stderr)).toEqual(['Linking']);
  });

  test('a program that does not link is reported in the words of the linker', async () => {
    await using project = await Project.of(greeting);
    await rm(project.path('the sources/a $word #1.c'));
    const { code, stderr } = await project.boil('hello');
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot link 'greet' as 'gcc' ended with exit code 1");
    expect(stderr).toMatch(/undefined reference to [`']word'/);
  });

  test('Ctrl-C stops compilers with all that they started, and ends with 130', async () => {
    await using project = await Project.of({
      ...greeting,
      'slow-cc': [
        '#!/bin/sh',
        'case "$*" in *--version*|*-MM*) exec gcc "$@";; esac',
        'exec 3> alive', // Open until the last process that has it is gone.
        'sleep 100 & echo started >&3; wait',
      ].join('\n'),
    });
    await chmod(project.path('slow-cc'), 0o755);
    project.makePipe('alive');
    await appendFile(project.path('boil.ini'), '\n[slow]\ncc = ./slow-cc\ntarget = slow\n');
    const alive = createReadStream(project.path('alive'));
    const child = project.start(['slow', '-j2']);
    alive.once('data', () => child.kill('SIGINT'));
    const { promise, resolve } = Promise.withResolvers<void>();
    alive.on('end', resolve);
    expect(await whenEnded(child)).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('[cancelled]'),
    });
    await promise;
  });

  test.skipIf(!hasPseudoTerminals)('shows a tree in a terminal, and marks what failed', async () => {
    await using project = await Project.of(greeting);
    const { stdout, code } = await project.boilInTerminal('hello', '-j1');
    expect([...screenOf(stdout), code]).toEqual([
      '╭─(Building target greet)',
      '│ Compiling the sources/a $word #1.c ... (✔)',
      '│ Compiling the sources/main.c ... (✔)',
      '│ Linking ... (✔)',
      '╰─(success)',
      0,
    ]);
    await project.write('the sources/main.c', 'int main(void) { return nothing; }\n');
    const failing = await project.boilInTerminal('hello');
    const screen = screenOf(failing.stdout);
    expect([screen[1], failing.code]).toEqual(['│ Compiling the sources/main.c ... (✘)', 1]);
    expect(screen[2]).toMatch(/^╰─\(.*fail/iu);
  });

  test.skipIf(!hasPseudoTerminals)('--dumb writes plain lines in a terminal', async () => {
    await using project = await Project.of({
      ...greeting,
      'the sources/main.c': 'int main(void) { return no; }\n',
    });
    await appendFile(project.path('boil.ini'), '\n[DEFAULT]\ncflags = -fdiagnostics-color=always\n');
    const { stdout } = await project.boilInTerminal('--dumb', 'hello', '-j1');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/error: .no. undeclared/u);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      '[run] Building target greet',
      '[start] Compiling the sources/a $word #1.c ...',
    ]);
  });

  test('flags of libraries come from pkg-config; what it does not know is told in its words', async () => {
    await using project = await Project.of({
      ...greeting,
      'pkg-config':
        '#!/bin/sh\ncase "$*" in *nolib*) echo "no nolib" >&2; exit 1;; *--cflags*) echo "-DWORD2=\\"3\\"";; esac\n',
    });
    await chmod(project.path('pkg-config'), 0o755);
    await project.write('the sources/main.c', 'int main(void) { return WORD2; }\n');
    const generic = '[generic]\nlibraries = ';
    const ini = greeting['boil.ini'];
    const environment = { PKG_CONFIG: './pkg-config' };
    await project.write('boil.ini', ini.replace('[generic]', `${generic} good`));
    expect(await whenEnded(project.start(['hello'], environment))).toMatchObject({ code: 0 });
    await project.write('boil.ini', ini.replace('[generic]', `${generic} nolib`));
    expect(await whenEnded(project.start(['hello'], environment))).toMatchObject({
      code: 1,
      stderr: "boil: Cannot find the libraries 'nolib' as ./pkg-config refused them: received\nno nolib\n",
    });
    expect(await whenEnded(project.start(['hello'], { PKG_CONFIG: 'no-such' }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Cannot run 'no-such' as there is no such program"),
    });
  });

  test('list, command targets and help', async () => {
    await using project = await Project.of(greeting);
    expect(await project.boil('list')).toMatchObject({
      code: 0,
      stdout: 'Possible targets: hello, clean, fail\n',
    });
    await project.boil('hello');
    expect(await project.boil('clean')).toMatchObject({ code: 0, stdout: 'cleaned\n' });
    expect(project.execute('greet')).toBeFalsy();
    expect((await project.boil('fail')).code).toBe(7);
    expect((await project.boil('--help')).stdout).toMatch(/^usage: boil /);
  });

  test.each<[what: string, args: string[], ini: string | undefined, code: number, message: string]>([
    [
      'an unknown target',
      ['nix'],
      greeting['boil.ini'],
      2,
      "received 'nix'\n  possible targets: hello, clean, fail",
    ],
    [
      '-j 0',
      ['-j', '0', 'hello'],
      greeting['boil.ini'],
      2,
      "'-j' must be a whole number, at least 1: received '0'",
    ],
    ['-j x', ['-jx', 'hello'], greeting['boil.ini'], 2, "received 'x'"],
    ['no target', [], greeting['boil.ini'], 2, 'a target must be named'],
    ['an unknown option', ['--fast', 'hello'], greeting['boil.ini'], 2, "Unknown option '--fast'"],
    ['no boil.ini', ['hello'], undefined, 1, "Cannot read 'boil.ini' as there is none in this folder"],
    ['no generic', ['a'], '[a]\ntarget = a', 1, "'boil.ini' has no section 'generic'"],
    ['a missing key', ['a'], '[generic]\n[a]\ntarget = a', 1, "target 'a' as it has no 'srcdir'"],
    [
      'a missing compiler',
      ['hello'],
      greeting['boil.ini'].replace('gcc', 'no-cc'),
      1,
      "Cannot run 'no-cc' as there is no such",
    ],
    ['no sources', ['hello'], greeting['boil.ini'].replace('.c', '.f'), 1, 'as no source was found'],
    [
      'a missing folder',
      ['hello'],
      greeting['boil.ini'].replace('the', 'no'),
      1,
      "folder 'no sources' cannot be read",
    ],
    [
      'flags with an open quote',
      ['hello'],
      `[DEFAULT]\ncflags = 'x\n${greeting['boil.ini']}`,
      1,
      "in 'cflags' of target 'hello'",
    ],
  ])('tells of %s', async (_what, args, ini, code, message) => {
    const { 'boil.ini': _own, ...sources } = greeting;
    await using project = await Project.of(ini === undefined ? sources : { ...sources, 'boil.ini': ini });
    const ended = await project.boil(...args);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toMatch(/^boil: Cannot /);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
  });
});
