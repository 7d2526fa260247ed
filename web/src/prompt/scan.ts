// Where in a text something is named that means something for a style (txst/palette/scan.py).

import type { Lexicon, Term } from "./lexicon";
import { alike, fold, joined, PARTICLES, SHORTEST, split } from "./spelling";

export type Span = [begin: number, end: number, terms: Term[]];

export interface Scan {
  spans: Span[];
  words: string[];
  tokens: [token: string, word: number][];
}

const LONGEST = 6; // words of a name
const ABOUT = 4; // words that a misspelt name may be spread over
const LONGEST_WORD = 40; // letters of a misspelt name
const ESQUE = fold("esque");
const BEGINS = new Set([...PARTICLES, "art", "pop"]);

/** What is named in a text; its words; and its folded tokens, each with the number of its word. */
export function scan(text: string, lexicon: Lexicon): Scan {
  const words = split(text).filter((word) => fold(word));
  const tokens = words.flatMap((word, at) => stems(fold(word)).map((token): [string, number] => [token, at]));
  const plain = tokens.map(([token]) => token);
  let spans: Span[] = [];
  find(spans, plain, LONGEST, (i, j) => lexicon.likeliest(lexicon.whole.get(plain.slice(i, j).join(" ")) ?? []));
  find(spans, plain, ABOUT, (i, j) => asOneWord(plain.slice(i, j), lexicon));
  find(spans, plain, ABOUT, (i, j) => bySurname(plain, i, j, lexicon));
  spans = grown(spans, plain, lexicon);
  find(spans, plain, ABOUT, (i, j) => slipped(plain.slice(i, j), lexicon));
  return { spans: grown(spans, plain, lexicon), words, tokens };
}

/** Adds what is meant by tokens that mean nothing yet, by many together before few. */
function find(spans: Span[], tokens: string[], longest: number, meaning: (i: number, j: number) => Term[]): void {
  for (let length = Math.min(longest, tokens.length); length > 0; length--) {
    for (let i = 0, j = length; j <= tokens.length; i++, j++) {
      if (!spans.every(([begin, end]) => end <= i || j <= begin)) continue;
      const terms = meaning(i, j);
      if (terms.length) spans.push([i, j, terms]);
    }
  }
}

/** The tokens of a folded word; "picassoesque" is two. */
function stems(folded: string): string[] {
  return split(folded).flatMap((token) => {
    const stem = token.endsWith(ESQUE) ? token.slice(0, -ESQUE.length) : "";
    return stem ? [stem, ESQUE] : [token];
  });
}

/** What is known that is written in fewer or more words. */
function asOneWord(piece: string[], lexicon: Lexicon): Term[] {
  const key = joined(piece.join(""));
  if (key.length < 6 || piece.every((token) => lexicon.is(token, "tie"))) return [];
  return lexicon.likeliest(lexicon.oneWord.get(key) ?? []);
}

/** Whom a surname means; not that of another person, and an ordinary word only where a name is said to follow. */
function bySurname(tokens: string[], begin: number, end: number, lexicon: Lexicon): Term[] {
  const key = tokens.slice(begin, end).join(" ");
  const terms = lexicon.likeliest(lexicon.surnames.get(key) ?? []);
  const [before, after] = [tokens[begin - 1] as string | undefined, tokens[end] as string | undefined];
  if (!terms.length || tokens.slice(begin, end).every((token) => lexicon.is(token, "tie"))) return [];
  const follows = lexicon.is(before, "before") || (after !== undefined && ["s", ESQUE, "style"].includes(after));
  if (lexicon.ordinary.has(key) && !follows) return [];
  if (before !== undefined && !lexicon.is(before, "tie", "not") && !lexicon.whole.has(before))
    return terms.filter((term) => alike(before, fold(term.name).split(" ")));
  return terms;
}

/** What is meant by words with a slip of the pen. */
function slipped(piece: string[], lexicon: Lexicon): Term[] {
  const word = joined(piece.join(""));
  const last = piece[piece.length - 1];
  if (word.length < SHORTEST || word.length > LONGEST_WORD || lexicon.is(last, "tie", "not")) return [];
  if (lexicon.is(piece[0], "tie") && !BEGINS.has(piece[0])) return [];
  const plain = (token: string) => lexicon.ordinary.has(token) || lexicon.whole.has(token) || lexicon.firstNames.has(token);
  if (piece.every(plain) || lexicon.surnames.has(piece.join(" "))) return [];
  const seen: Term[][] = [];
  for (const terms of lexicon.slips.meant(word))
    if (!seen.some((other) => other.length === terms.length && other.every((term, at) => term === terms[at]))) seen.push(terms);
  return lexicon.likeliest(seen.flat());
}

/** The spans of painters with their first names beside them, misspelt or not. */
function grown(given: Span[], tokens: string[], lexicon: Lexicon): Span[] {
  const spans = [...given].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const found: Span[] = [];
  spans.forEach(([first, last, terms], number) => {
    let [begin, end] = [first, last];
    const names = terms.filter((term) => term.kind === "artist").flatMap((term) => lexicon.spoken(term));
    const least = found.length ? found[found.length - 1][1] : 0;
    const most = number + 1 < spans.length ? spans[number + 1][0] : tokens.length;
    const belongs = (token: string) => !lexicon.is(token, "tie", "not") && alike(token, names);
    while (names.length && begin > least && belongs(tokens[begin - 1])) begin--;
    while (names.length && end < most && belongs(tokens[end])) end++;
    found.push([begin, end, terms]);
  });
  return found;
}
