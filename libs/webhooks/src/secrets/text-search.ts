/** The words that end or begin at the ends of a text, as lengths. */
export interface Findings {
  /** At `[end]`: the length of the longest word that ends before this index; 0 where none ends. */
  readonly lengths: Uint32Array;
  /** The length of the longest beginning of a word, or whole word, with which the text ends. */
  readonly begun: number;
}

const ROOT = 0;
/** One more than the greatest UTF-16 unit. */
const UNITS = 0x10000;

/**
 * Finds many words in one pass over a text (Aho-Corasick), whatever the words are. A pass takes at most two steps for each
 * character, and a search keeps about 18 bytes for each character of the words.
 *
 * The libraries for this report each occurrence of each word, which is quadratic for words within words, or compare
 * graphemes and so miss a word before a combining character. None finds a word that has only begun.
 */
export class TextSearch {
  /** How often a search has looked for the continuation of a word, in all. */
  steps = 0;
  /** For each node, the unit of its first child. Most nodes have one child. */
  private readonly firstUnits: Uint16Array;
  /** For each node, its first child; ROOT when it has none. */
  private readonly firstChildren: Uint32Array;
  /** The further children of all nodes, by node and unit. */
  private readonly furtherChildren = new Map<number, number>();
  /** For each node, that of the longest end of its text with which another word begins. */
  private readonly fallbacks: Uint32Array;
  /** For each node, how many units its text has. */
  private readonly depths: Uint32Array;
  /** For each node, the length of the longest word with which its text ends; 0 when there is none. */
  private readonly wordLengths: Uint32Array;
  private nodes = 1;

  /** @param words none of them empty */
  constructor(words: readonly string[]) {
    const most = words.reduce((sum, word) => sum + word.length, 1);
    this.firstUnits = new Uint16Array(most);
    this.firstChildren = new Uint32Array(most);
    this.fallbacks = new Uint32Array(most);
    this.depths = new Uint32Array(most);
    this.wordLengths = new Uint32Array(most);
    this.grow(words);
  }

  /** Looks for the words in a text. */
  find(text: string): Findings {
    const lengths = new Uint32Array(text.length + 1);
    let node = ROOT;
    for (let index = 0; index < text.length; index += 1) {
      node = this.after(node, text.charCodeAt(index));
      lengths[index + 1] = at(this.wordLengths, node);
    }
    return { lengths, begun: at(this.depths, node) };
  }

  /** Adds the words unit by unit, all words at once, because the fallback of a node is less deep than the node. */
  private grow(words: readonly string[]): void {
    let growing = words.map((word) => ({ word, node: ROOT }));
    for (let depth = 0; growing.length > 0; depth += 1) {
      for (const branch of growing) branch.node = this.childFor(branch.node, branch.word.charCodeAt(depth));
      const length = depth + 1;
      for (const { word, node } of growing) if (word.length === length) this.wordLengths[node] = length;
      growing = growing.filter(({ word }) => word.length > length);
    }
  }

  private childFor(parent: number, unit: number): number {
    const known = this.childOf(parent, unit);
    if (known !== ROOT) return known;
    const fallback = parent === ROOT ? ROOT : this.after(at(this.fallbacks, parent), unit);
    const child = this.nodes;
    this.nodes += 1;
    this.depths[child] = at(this.depths, parent) + 1;
    this.fallbacks[child] = fallback;
    this.wordLengths[child] = at(this.wordLengths, fallback);
    if (this.firstChildren[parent] === ROOT) {
      this.firstUnits[parent] = unit;
      this.firstChildren[parent] = child;
    } else {
      this.furtherChildren.set(parent * UNITS + unit, child);
    }
    return child;
  }

  /** The node of the longest end of a text with which a word begins, after the text got one unit more. */
  private after(node: number, unit: number): number {
    for (let end = node; ; end = at(this.fallbacks, end)) {
      const child = this.childOf(end, unit);
      if (child !== ROOT || end === ROOT) return child;
    }
  }

  private childOf(node: number, unit: number): number {
    this.steps += 1;
    const first = at(this.firstChildren, node);
    if (first === ROOT || this.firstUnits[node] === unit) return first;
    return this.furtherChildren.get(node * UNITS + unit) ?? ROOT;
  }
}

/** The number at an index that exists. */
function at(numbers: Uint32Array, index: number): number {
  return numbers[index] ?? 0;
}
