/**
 * The mistakes that boil tells its user about in a sentence, without a stack: in the command line, in `boil.ini`, or
 * in what the machine has installed. Anything else that is thrown is a defect of boil.
 */

/** Something that whoever started boil can mend. */
export class BoilError extends Error {
  override readonly name: string = 'BoilError';
  /** What boil ends with: 2 if the command line is wrong, else 1. */
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1 }: { readonly exitCode?: number } = {}) {
    super(message);
    this.exitCode = exitCode;
  }
}
