import { readFileSync } from 'node:fs';
import { HARMLESS } from './harmless.js';

/** The library's sources. */
export const SOURCES = 'libs/webhooks/src/';

/** One change of a source. Offsets are of characters. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A mutant that was tried. */
export interface TriedMutant extends Mutant {
  readonly noticed: boolean;
}

/** The lines of a mutant before and after, so that it can be named without a line number, which moves. */
export interface MutantLines {
  readonly was: string;
  readonly is: string;
}

/** The first line that a mutant changes, trimmed. */
export function linesOf({ file, start, end, replacement }: Mutant): MutantLines {
  const source = readFileSync(file, 'utf8');
  const mutated = source.slice(0, start) + replacement + source.slice(end);
  let from = source.lastIndexOf('\n', start - 1) + 1;
  // A mutant may leave the rest of its first line as it is.
  while (lineAt(source, from) === lineAt(mutated, from) && from < end) from = source.indexOf('\n', from) + 1;
  return { was: lineAt(source, from), is: lineAt(mutated, from) };
}

function lineAt(text: string, from: number): string {
  const end = text.indexOf('\n', from);
  return text.slice(from, end === -1 ? undefined : end).trim();
}

export function lineNumber({ file, start }: Mutant): number {
  return readFileSync(file, 'utf8').slice(0, start).split('\n').length;
}

/** Why a mutant does no harm, or null when it does. */
export function harmlessBecause(mutant: Mutant): string | null {
  const { was, is } = linesOf(mutant);
  const known = HARMLESS.find((one) => SOURCES + one.file === mutant.file && one.was === was && one.is === is);
  return known?.because ?? null;
}
