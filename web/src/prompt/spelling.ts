// Spellings: what they have in common, and which are near (txst/palette/spelling.py and slips.py).

export const W = "[\\p{L}\\p{N}_]"; // a letter of a word, as Python means it
export const EDGE = `(?:(?<=${W})(?!${W})|(?<!${W})(?=${W}))`; // a border of a word
const LETTERS: Record<string, string> = { ø: "o", æ: "ae", œ: "oe", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", ß: "ss", ς: "σ" };
export const PARTICLES = ["van", "von", "de", "der", "den", "del", "della", "di", "da", "du", "la", "le", "el", "ter", "ten"];
const SOUNDS = [["ph", "f"], ["ck", "k"], ["sch", "sh"], ["c", "k"], ["q", "k"], ["z", "s"], ["y", "i"], ["w", "v"]];
const ENDING = new RegExp(`is(?:t|tic|ts)(?!${W})`, "gu");
export const SHORTEST = 5; // letters of a word that may be a slip, and of what it is a slip of
const SURE_OF_FIRST = 6; // letters up to which the first one must be right
const NEAR = 0.65; // likeness of a name that is offered

/** The words of a text. */
export const split = (text: string): string[] => text.split(/\s+/u).filter(Boolean);

/** What spellings have in common: no case, no accents, one umlaut, one ending. */
export function fold(text: string): string {
  const plain = text.toLowerCase().replace(/[øæœłđðþıßς]/gu, (letter) => LETTERS[letter]);
  const bare = plain.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ");
  return umlauts(split(bare.replace(ENDING, "ism")).join(" "));
}

const umlauts = (text: string) => text.replace(/([aou])e/gu, "$1");

/** A folded text as one word. */
export const joined = (text: string): string => umlauts(text.replaceAll(" ", ""));

/** Letters too many, missing, wrong, or swapped with their neighbour (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}

/** Whether a word is one of some names, its initial, or such a name with a slip in every three letters and two at most. */
export function alike(word: string, names: string[]): boolean {
  const most = Math.min(2, Math.floor(word.length / 3));
  return names.some((name) => (word.length === 1 ? name.startsWith(word) : distance(word, name) <= most));
}

/** Finds the keys that a word was meant to be; words of one sound, and of the same letters, are one slip apart. */
export class Slips<T> {
  private readonly keys: Map<string, T>;
  private readonly akin = new Map<string, string[]>();

  constructor(keys: Map<string, T>) {
    this.keys = new Map([...keys].filter(([key]) => key.length >= SHORTEST));
    for (const key of this.keys.keys())
      for (const mark of marks(key)) this.akin.set(mark, [...(this.akin.get(mark) ?? []), key]);
  }

  /** What the keys mean that are nearest to a word, if they are near enough. */
  meant(word: string): T[] {
    const most = allowed(word);
    if (!most) return [];
    const close: [string, number][] = [];
    for (const key of this.keys.keys()) {
      if (Math.abs(key.length - word.length) > most) continue;
      const count = distance(word, key);
      if (count <= most) close.push([key, count]);
    }
    const found = new Map(close.sort((a, b) => a[1] - b[1]));
    for (const mark of marks(word))
      for (const key of this.akin.get(mark) ?? []) found.set(key, Math.min(1, found.get(key) ?? 1));
    const may = [...found].filter(([key]) => mayBegin(word, key));
    const least = Math.min(...may.map(([, count]) => count));
    return may.filter(([, count]) => count === least).map(([key]) => this.keys.get(key) as T);
  }
}

const allowed = (word: string) => (word.length < SHORTEST ? 0 : word.length < 9 ? 1 : word.length < 13 ? 2 : 3);

const mayBegin = (word: string, key: string) =>
  Math.min(word.length, key.length) > SURE_OF_FIRST || sound(word)[0] === sound(key)[0];

const marks = (word: string) => [sound(word), `${word[0]} ${[...word].sort().join("")}`];

/** What words that sound alike have in common. */
function sound(word: string): string {
  for (const [written, heard] of SOUNDS) word = word.replaceAll(written, heard);
  return word.replace(/(.)\1+/gu, "$1");
}

/** The names that are spelled most like a prompt, whole or by their surnames, as far as any are; `offers` has names by spelling. */
export function nearest(prompt: string, offers: [string, string[]][], count = 3): string[] {
  const typed = fold(prompt);
  const likeness = (key: string) => 1 - distance(typed, key) / Math.max(typed.length, key.length, 1);
  const near = offers.map(([key, names]) => [likeness(key), names] as const).filter(([like]) => like >= NEAR);
  const best = near.sort((a, b) => b[0] - a[0]).slice(0, count);
  return [...new Set(best.flatMap(([, names]) => names))].slice(0, count);
}
