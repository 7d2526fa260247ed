// A prompt, read in parts (txst/palette/prompt.py). What no table has is not guessed at here.

import { steers, type Lexicon, type Term } from "./lexicon";
import { NOTHING, Reading, type Part } from "./reading";
import { scan, type Span } from "./scan";
import { segments, type Segment } from "./weights";

/** Reads a prompt; with `nearest`, what the palette has no pictures of is painted by what comes nearest. */
export function read(prompt: string, lexicon: Lexicon, nearest = false): Reading {
  const reading = new Reading(prompt);
  for (const segment of segments(spaced(prompt, lexicon), (text) => scan(text, lexicon).spans.length > 0, lexicon.uncut)) {
    if ("sentence" in segment) reading.refused.push(segment.sentence);
    else take(reading, segment, lexicon);
  }
  merge(reading);
  resolve(reading, nearest);
  weigh(reading);
  return reading;
}

/** A prompt with its words parted, in every script, and "-dark" as "not dark". */
function spaced(prompt: string, lexicon: Lexicon): string {
  const text = prompt
    .replaceAll("’", "'")
    .replace(lexicon.signs, (found) => ` ${found} `)
    .replace(/(?<![\p{L}\p{N}_])(cartoon)\s*[:：]\s*(?=[\p{L}_])/giu, "$1 ");
  return text.replace(/(?<!\S)[-\u2212](?=[\p{L}\p{Nl}\p{No}_])/gu, "not ");
}

/** Adds the parts of a segment, and what is left over of it. */
function take(reading: Reading, { text, weight }: Segment, lexicon: Lexicon): void {
  const { spans, words, tokens } = scan(text, lexicon);
  const away = negated(spans, tokens.map(([token]) => token), lexicon);
  const used = new Set<number>();
  for (const [begin, end, terms] of spans) {
    const own = new Set(tokens.slice(begin, end).map(([, word]) => word));
    own.forEach((word) => used.add(word));
    const typed = [...new Set([...own].map((word) => words[word]))].join(" ");
    if (terms.length > 1) {
      const names = [...new Set(terms.map((term) => term.name))].sort().join(" or ");
      reading.refused.push(`'${typed}' may be ${names}: say which`);
    }
    reading.parts.push({ term: terms[0], typed, weight, away: away.has(begin), source: NOTHING });
  }
  words.forEach((_, word) => {
    const own = tokens.filter(([, at]) => at === word);
    if (own.every(([token]) => lexicon.is(token, "tie", "not"))) used.add(word);
  });
  reading.unused.push(...phrases(words, used));
}

/** Where those begin that shall not be: what follows a "not", and what is tied to that by an "or" or "and". */
function negated(spans: Span[], tokens: string[], lexicon: Lexicon): Set<number> {
  const found = new Set<number>();
  let [last, tied] = [0, false];
  for (const [begin, end] of spans) {
    const between = tokens.slice(last, begin);
    tied = between.some((token) => lexicon.is(token, "not")) || (tied && between.some((token) => lexicon.is(token, "or")));
    if (tied) found.add(begin);
    last = end;
  }
  return found;
}

/** The words that are left over, those side by side together. */
function phrases(words: string[], taken: Set<number>): string[] {
  const found: string[] = [];
  let phrase: string[] = [];
  [...words, ""].forEach((word, at) => {
    if (word && !taken.has(at)) phrase.push(word.replace(/^["'.,:;!?()[\]{}«»“”„ ]+|["'.,:;!?()[\]{}«»“”„ ]+$/gu, ""));
    else if (phrase.length) found.push(phrase.splice(0).join(" "));
  });
  return found;
}

/** Makes one part of those that say the same, with their weights together. */
function merge(reading: Reading): void {
  const found: Part[] = [];
  for (const part of reading.parts) {
    const before = found.find((one) => one.term === part.term && one.away === part.away);
    if (!before) {
      found.push({ ...part });
      continue;
    }
    before.typed = `${before.typed} ${part.typed}`;
    if (part.weight !== null) before.weight = (before.weight ?? 0) + part.weight;
  }
  reading.parts = found;
}

/** Finds what each part is painted by; refuses what there is nothing of, and names that shall not be. */
function resolve(reading: Reading, nearest: boolean): void {
  const names = reading.parts.some(({ term, away }) => !away && ["artist", "movement"].includes(term.kind));
  dropTitles(reading);
  for (const part of reading.parts) {
    const { name, kind, near } = part.term;
    const source = names && kind === "medium" ? part.term.beside : part.term.source;
    if (part.away && kind !== "look")
      reading.refused.push(`not ${name}: a style cannot be described by what it is not; name what it should be`);
    else if (source.terms.length) part.source = source;
    else if (kind === "look" || (names && kind === "medium")) reading.idle.push(part);
    else if (near && nearest) part.source = { how: "nearest", terms: near.source.terms, name: near.name };
    else reading.refused.push(`${name}: not in the data${part.term.since}${near ? `; ${near.name} is` : ""}`);
  }
  if (!reading.refused.length) reading.parts = reading.parts.filter((part) => part.source.terms.length);
}

/** Drops the title of a work beside its painter. */
function dropTitles(reading: Reading): void {
  const named = new Set<Term>(reading.parts.map((part) => part.term).filter((term) => term.kind === "artist"));
  const titles = reading.parts.filter(({ term }) => term.kind === "work" && term.painters.every((one) => named.has(one)));
  reading.unused.push(...titles.map((part) => part.typed));
  reading.parts = reading.parts.filter((part) => !titles.includes(part));
}

/** Gives every name its share, 1 in all; those without a weight share what is left. */
function weigh(reading: Reading): void {
  const names = reading.parts.filter((part) => !steers(part.source));
  const given = names.reduce((sum, part) => sum + (part.weight ?? 0), 0);
  const without = names.filter((part) => part.weight === null);
  if (names.length && !without.length && !given) reading.refused.push("all weights are 0: nothing is left to paint");
  else if (without.length && without.length < names.length && given >= 1)
    reading.refused.push(`no weight is left for ${without[0].term.name}: give it one, or the others less than 1 in all`);
  if (reading.refused.length) return;
  const share = without.length ? (1 - given) / without.length : 0;
  const whole = given + share * without.length;
  for (const part of reading.parts) {
    const steering = steers(part.source);
    const own = part.weight ?? (steering ? 1 : share);
    part.weight = steering ? own : own / whole;
  }
  reading.idle.push(...reading.parts.filter((part) => !part.weight));
  reading.parts = reading.parts.filter((part) => part.weight);
}
