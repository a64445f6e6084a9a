/** Stands for a quoted text or an inserted expression. */
const HIDDEN = '\u0001';
/** Stands for an inserted expression that continues what is before it: `updated_at = ?${…}`. */
const GLUED = '\u0002';

/**
 * SQL in a literal of TypeScript, as long as before, in which quoted texts and inserted expressions are hidden, so that the rest can
 * be searched for keywords and parentheses.
 */
export function maskedSql(text: string): string {
  let masked = '';
  while (masked.length < text.length) {
    const at = masked.length;
    const end = text.startsWith('${', at)
      ? endOfInsertion(text, at)
      : text[at] === "'"
        ? endOfQuotation(text, at)
        : null;
    if (end === null) masked += text[at];
    else masked += (text[at] === '$' && /[?\w)]$/.test(masked) ? GLUED : HIDDEN).repeat(end - at);
  }
  return masked;
}

/** Where the part that begins at an offset ends, if it does not go on to the end of the text. */
export function endAtDepth(masked: string, from: number, keyword: RegExp): number {
  let depth = 0;
  for (let at = from; at < masked.length; at += 1) {
    if (masked[at] === '(') depth += 1;
    if (masked[at] === ')') depth -= 1;
    if (depth < 0) return at;
    if (depth === 0 && !/\w/.test(masked[at - 1] ?? ' ') && keyword.test(masked.slice(at))) return at;
  }
  return masked.length;
}

export function isGlued(masked: string, at: number): boolean {
  return masked[at] === GLUED;
}

function endOfInsertion(text: string, from: number): number {
  let depth = 0;
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function endOfQuotation(text: string, from: number): number {
  const end = text.indexOf("'", from + 1);
  return end === -1 ? text.length : end + 1;
}
