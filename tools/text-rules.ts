/**
 * The prohibitions that a regular expression can tell, as data.
 *
 * Each says which files it concerns, what it looks for and where (code without strings and comments,
 * everything, or the path), and the mend. `check-layers.ts` applies them.
 */
import { EMPTY_NAMES, FOLDERS, NOT_IN_BASE } from './layers.ts';

/** One prohibition on text. */
export interface TextRule {
  /** Number of the prohibition in `ARCHITECTURE.md`. */
  readonly never: number;
  readonly files: RegExp;
  readonly except?: RegExp;
  readonly look: 'code' | 'all' | 'path';
  /** Global. */
  readonly pattern: RegExp;
  readonly what: (found: string) => string;
  readonly mend: string;
}

const pure = Object.keys(FOLDERS).filter((name) => FOLDERS[name]?.pure);
const PURE = new RegExp(`^src/(?:${pure.join('|')})/`);
const EVERYWHERE = /^(?:src|test|tools|examples|bench|dashboard-ui)\//;
const INSTEAD_OF_TIME = "Take a 'Clock' of src/base/ as an argument.";

/** All text rules. */
export const TEXT_RULES: readonly TextRule[] = [
  {
    never: 2,
    files: /^src\/(?!base\/)/,
    look: 'code',
    pattern:
      /\b(?:setTimeout|setInterval|Date\s*\.\s*now|Math\s*\.\s*random)\b|\bnew\s+Date\b(?!\s*\(\s*[^)\s])/g,
    what: (found) => `'${found}' outside src/base/`,
    mend: INSTEAD_OF_TIME,
  },
  {
    never: 2,
    files: /^src\/(?!base\/|worker\/inside\/)/,
    look: 'code',
    pattern: /\bperformance\s*\.\s*(?:now|timeOrigin)\b/g,
    what: (found) => `'${found}' outside src/base/ and src/worker/inside/`,
    mend: INSTEAD_OF_TIME,
  },
  {
    never: 2,
    files: PURE,
    look: 'code',
    pattern: /\b(?:setImmediate|queueMicrotask|randomUUID|getRandomValues|hrtime|nextTick)\b|\bprocess\s*\./g,
    what: (found) => `'${found}' in a pure folder`,
    mend: 'Take it as an argument, from a folder that may touch the world.',
  },
  {
    never: 2,
    files: PURE,
    look: 'code',
    // Types may speak of promises, since tasks may be async; code may not make, await or return one.
    pattern:
      /(?<!\.\s*)\basync\b(?!\s*[:?,})=])|\bawait\b(?!\s*[:?,})])|\bnew\s+Promise\b|\bPromise\s*\.\s*\w+|\)\s*:\s*Promise\s*</g,
    what: (found) => `a promise ('${found}') in a pure folder`,
    mend: 'Return data that says what to wait for; whoever calls it waits.',
  },
  {
    never: 18,
    files: EVERYWHERE,
    look: 'path',
    pattern: new RegExp(`(?<=^|[/.-])(?:${EMPTY_NAMES.join('|')})(?=[/.-])`, 'gi'),
    what: (found) => `a file or folder is named '${found}'`,
    mend: 'Name the one thing it holds.',
  },
  {
    never: 18,
    files: EVERYWHERE,
    look: 'code',
    pattern:
      /\b(?:class|interface|type|function|const|let|enum|namespace)\s+(?:\w*(?:Utils?|Helpers?|Managers?|Services?|Misc)|utils?|helpers?|managers?|services?|misc|common)\b/g,
    what: (found) => `a declaration says nothing: '${found}'`,
    mend: 'Say what it is or does.',
  },
  {
    never: 1,
    files: /^src\/base\//,
    look: 'all',
    pattern: new RegExp(`\\b(?:${NOT_IN_BASE.join('|')})\\b`, 'gi'),
    what: (found) => `the word '${found}' in src/base/, which would make sense in another project`,
    mend: 'Say it without the word, or move the file to the folder the word belongs to.',
  },
  {
    never: 14,
    files: EVERYWHERE,
    look: 'code',
    pattern: /\bnew\s+Function\s*\(|(?<![.\w])eval\s*\(/g,
    what: (found) => `'${found}' makes code of text`,
    mend: 'Import a module and name what it exports.',
  },
  {
    never: 19,
    files: /^test\//,
    // Programs that tests start may be slow on purpose; the system's clock is tested against time itself.
    except: /^test\/(?:fixtures|base)\//,
    look: 'code',
    pattern:
      /\bvi\s*\.\s*(?:mock|doMock|hoisted)\b|\bawait\s+sleep\s*\(|\bnew\s+Promise[^;]{0,60}\bsetTimeout\s*\(/g,
    what: (found) => `a test sleeps or mocks a module: '${found}'`,
    mend: 'Wait for the fact itself, use a fake clock, or pass a fake in.',
  },
];
