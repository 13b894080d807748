/**
 * Runs in every test file's process: writes its coverage before it is ended, since Vitest ends its processes too abruptly for
 * Node to do so by itself. Without coverage it does nothing.
 */
import v8 from 'node:v8';
import { afterAll } from 'vitest';

afterAll(() => v8.takeCoverage());
