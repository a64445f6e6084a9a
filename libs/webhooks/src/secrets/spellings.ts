/** A text as it reads once one spelling is undone. */
export interface Reading {
  readonly text: string;
  /** Where each character of `text` was found in the text that was read, and, as the last one, where that text ends. */
  readonly starts: Uint32Array;
}

/** A way to write characters that would have another meaning. */
interface Spelling {
  /** The beginning of each escape. A text without it reads as it is written. */
  readonly mark: string;
  /** An escape. The group `cut` is one that the end of the text cuts off. */
  readonly escapes: RegExp;
  readonly meaningOf: (escape: string) => string;
}

const JSON_SPELLING: Spelling = {
  mark: '\\',
  escapes: /\\(?:u[\da-f]{4}|(?<cut>(?:u[\da-f]{0,3})?$)|[^])/gi,
  meaningOf: meaningInJson,
};
const HTML_SPELLING: Spelling = {
  mark: '&',
  escapes: /&(?:(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-f]{1,6});|(?<cut>#?[\da-z]{0,7}$))/gi,
  meaningOf: meaningInHtml,
};
/** An escape is all bytes of one character in UTF-8, or a byte that belongs to none. */
const URL_SPELLING: Spelling = {
  mark: '%',
  escapes: new RegExp(
    [
      '%[cd][0-9a-f]%[89ab][0-9a-f]',
      '%e[0-9a-f](?:%[89ab][0-9a-f]){2}',
      '%f[0-7](?:%[89ab][0-9a-f]){3}',
      '(?<cut>%(?:[c-f][0-9a-f](?:%[89ab][0-9a-f]){0,2}(?:%[89ab]?)?|[0-9a-f]?)$)',
      '%[0-9a-f]{2}',
    ].join('|'),
    'gi',
  ),
  meaningOf: meaningInUrl,
};

const JSON_CONTROLS: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
const HTML_NAMES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const LAST_CODE_POINT = 0x10ffff;
const UNREADABLE = '\uFFFD';

/**
 * A text as it is written, and as it reads in JSON, in JSON within JSON, in HTML and in a URL. A reading that would not
 * differ is left out. All other characters are read as they are written, because a text may mix spellings.
 */
export function readingsOf(text: string): Reading[] {
  const written = { text, starts: indexesUpTo(text.length) };
  const json = undone(JSON_SPELLING, written);
  return [
    written,
    ...json,
    ...json.flatMap((reading) => undone(JSON_SPELLING, reading)),
    ...undone(HTML_SPELLING, written),
    ...undone(URL_SPELLING, written),
  ];
}

/** Each index from 0 to the last, in its own place. */
export function indexesUpTo(last: number): Uint32Array {
  const indexes = new Uint32Array(last + 1);
  // Uint32Array.from() takes ten times as long.
  for (let index = 0; index <= last; index += 1) indexes[index] = index;
  return indexes;
}

/** The reading of a text in a spelling, if the text may contain escapes. An escape that is cut off is left out. */
function undone({ mark, escapes, meaningOf }: Spelling, { text, starts }: Reading): Reading[] {
  if (!text.includes(mark)) return [];
  const pieces: string[] = [];
  const pieceStarts = new Uint32Array(text.length + 1);
  let length = 0;
  let read = 0;
  const takeUntil = (end: number): void => {
    pieces.push(text.slice(read, end));
    pieceStarts.set(starts.subarray(read, end), length);
    length += end - read;
    read = end;
  };
  for (const { 0: escape, index, groups } of text.matchAll(escapes)) {
    takeUntil(index);
    const meaning = groups?.['cut'] === undefined ? meaningOf(escape) : '';
    pieces.push(meaning);
    pieceStarts.fill(starts[index] ?? 0, length, length + meaning.length);
    length += meaning.length;
    read = index + escape.length;
  }
  takeUntil(text.length);
  pieceStarts[length] = starts[text.length] ?? 0;
  return [{ text: pieces.join(''), starts: pieceStarts.subarray(0, length + 1) }];
}

function meaningInJson(escape: string): string {
  const name = escape.slice(1);
  return name.length > 1 ? String.fromCharCode(Number.parseInt(name.slice(1), 16)) : (JSON_CONTROLS.get(name) ?? name);
}

function meaningInHtml(escape: string): string {
  const name = escape.slice(1, -1).toLowerCase();
  if (!name.startsWith('#')) return HTML_NAMES.get(name) ?? UNREADABLE;
  const code = Number(name.startsWith('#x') ? `0${name.slice(1)}` : name.slice(1));
  return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : UNREADABLE;
}

function meaningInUrl(escape: string): string {
  return Buffer.from(escape.replaceAll('%', ''), 'hex').toString();
}
