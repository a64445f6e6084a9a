import { endAtDepth, isGlued, maskedSql } from './masked-sql.js';

/** A change of a text. Offsets are from its beginning. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

const STATEMENT = /^\s*\(?\s*(?:SELECT|UPDATE|DELETE)\b/;
const CONDITION_BEGINS = /\b(?:WHERE|ON)\b/g;
const CONDITION_ENDS = /^(?:WHERE|JOIN|GROUP BY|ORDER BY|LIMIT|FOR UPDATE|UNION)\b/;

export function isStatement(text: string): boolean {
  return STATEMENT.test(text);
}

/** Whether a text is a part of a condition, wherever it stands. */
export function isCondition(text: string): boolean {
  return !isStatement(text) && /\bAND\b/.test(text) && /[=<>]| IN /.test(text);
}

/**
 * Drops each term of each condition of a statement, and each lock, one at a time. A term is made true, and a term of an OR false, in
 * place, so that it still takes the values of its placeholders.
 */
export function changesOfStatement(text: string): Change[] {
  const masked = maskedSql(text);
  const locks = [/\s*FOR UPDATE(?: SKIP LOCKED)?/g, /\s*SKIP LOCKED/g].flatMap((lock) => [...masked.matchAll(lock)]);
  return [...conditionsIn(masked).flatMap((part) => withoutTerms(text, masked, part)), ...locks.map(removal)];
}

/** Does the same with a text that is a condition. */
export function changesOfCondition(text: string): Change[] {
  const masked = maskedSql(text);
  const whole = { start: /^\s*(?:AND\s)?/.exec(masked)?.[0].length ?? 0, end: masked.length };
  return [whole, ...conditionsIn(masked)].flatMap((part) => withoutTerms(text, masked, part));
}

function conditionsIn(masked: string): Part[] {
  return [...masked.matchAll(CONDITION_BEGINS)].map(({ index, 0: keyword }) => {
    const start = index + keyword.length;
    return { start, end: endAtDepth(masked, start, CONDITION_ENDS) };
  });
}

function withoutTerms(text: string, masked: string, condition: Part): Change[] {
  const alternatives = split(masked, condition, /^OR\b/);
  const [only] = alternatives;
  if (alternatives.length > 1 || only === undefined) {
    return alternatives.flatMap((part) => [
      replaced(text, part, 'AND 1 = 0'),
      ...(split(masked, part, /^AND\b/).length > 1 ? withoutTerms(text, masked, part) : inner(text, masked, part)),
    ]);
  }
  return split(masked, only, /^AND\b/).flatMap((part) => [
    replaced(text, part, 'OR 1 = 1'),
    ...inner(text, masked, part),
  ]);
}

/** The changes within a term in parentheses. */
function inner(text: string, masked: string, { start, end }: Part): Change[] {
  if (masked[start] !== '(' || endAtDepth(masked, start + 1, /^$/) !== end - 1) return [];
  const content = { start: start + 1, end: end - 1 };
  const isCompound = [/^OR\b/, /^AND\b/].some((keyword) => split(masked, content, keyword).length > 1);
  return isCompound ? withoutTerms(text, masked, content) : [];
}

/** The parts between keywords that are in no parentheses, without the space around them. */
function split(masked: string, { start, end }: Part, keyword: RegExp): Part[] {
  const parts: Part[] = [];
  for (let from = start; from < end;) {
    const to = Math.min(end, endAtDepth(masked, from, keyword));
    parts.push(trimmed(masked, { start: from, end: to }));
    from = to + (keyword.exec(masked.slice(to))?.[0].length ?? 1);
  }
  return parts;
}

function trimmed(masked: string, { start, end }: Part): Part {
  while (start < end && /\s/.test(masked[start] ?? '')) start += 1;
  while (end > start && (/\s/.test(masked[end - 1] ?? '') || isGlued(masked, end - 1))) end -= 1;
  return { start, end };
}

function replaced(text: string, { start, end }: Part, truth: string): Change {
  return { start, end, replacement: `(${text.slice(start, end)} ${truth})` };
}

function removal({ index, 0: removed }: RegExpExecArray): Change {
  return { start: index, end: index + removed.length, replacement: '' };
}
