// A prompt in segments, each with its weight (txst/palette/weights.py).

import { EDGE, split, W } from "./spelling";

export interface Segment {
  text: string;
  weight: number | null;
}

export interface BadWeight {
  sentence: string;
}

const NUMBER = "[-\\u2212+]?(?:\\d+\\.?\\d*|\\.\\d+)";
const PERCENT = `(?<percent>\\s*%|\\s*[pP][eE][rR]\\s?[cC][eE][nN][tT]${EDGE})?`;
const word = (choices: string) => `${EDGE}(?:${choices})${EDGE}`;
const ENDS = new RegExp(`[,;|/\\n\\u3001\\u3002\\uff0c\\uff1b]|\\s[+&]\\s|${word("but|with|plus|meets")}`, "giu");
const EXCEPT = new RegExp(`${EDGE}(?:anything|everything|all)\\s+but${EDGE}`, "giu");
const BEFORE = new RegExp(`^(?<weight>${NUMBER})${PERCENT}\\s*(?:of|\\*|x)?\\s+(?<text>\\D.*)$`, "u");
const BEHIND = new RegExp(`^(?<text>.*${W})\\s+(?<weight>${NUMBER})${PERCENT}$`, "u");
const INSIDE = new RegExp(`^(?<weighed>[^:=]*${W}\\s*[:=]\\s*${NUMBER}${PERCENT})\\s+(?<rest>\\p{L}.*)$`, "u");
const COLON = new RegExp(`^(?<text>[^:=]*${W})\\s*[:=]\\s*(?<weight>\\S+?)${PERCENT}$`, "u");
const NUMBERS = new RegExp(`(?<!${W}|\\.)${NUMBER}`, "gu");
const AND = new RegExp(`${EDGE}[aA][nN][dD]${EDGE}|[+&]`, "u");
const FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** The segments of a prompt; `known` tells whether anything in a text means something, and `names` stay whole. */
export function segments(prompt: string, known: (text: string) => boolean, names: RegExp | null): (Segment | BadWeight)[] {
  const text = prompt.replace(/[()[\]{}"“”„«»]/gu, " ").replace(/(?<=\d),(?=\d)/gu, ".");
  const plain = text.replaceAll("\uff1a", ":").replace(EXCEPT, "not");
  return parted(plain, names).flatMap((part) => apart(split(part).join(" "))).map((piece) => weighed(piece, known, names));
}

/** A text cut where segments end, though not within a name. */
function parted(text: string, names: RegExp | null): string[] {
  const within = names ? [...text.matchAll(names)].map((found) => [found.index, found.index + found[0].length]) : [];
  const parts: string[] = [];
  let begin = 0;
  for (const end of text.matchAll(ENDS)) {
    if (within.some(([first, last]) => first <= end.index && end.index < last)) continue;
    parts.push(text.slice(begin, end.index));
    begin = end.index + end[0].length;
  }
  return [...parts, text.slice(begin)];
}

/** A segment with several numbers, one each. */
function apart(text: string): string[] {
  if ((text.match(NUMBERS) ?? []).length < 2) {
    const inside = INSIDE.exec(text)?.groups;
    return inside ? [inside.weighed, inside.rest] : text ? [text] : [];
  }
  let pieces = text.split(AND);
  if (pieces.length === 1) {
    const begins = new RegExp(`^${NUMBER}`, "u").test(text);
    pieces = text.split(begins ? new RegExp(`\\s+(?=${NUMBER})`, "u") : /(?<=\d)\s+|(?<=%)\s+/u);
  }
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}

/** A segment with the weight that stands in it. */
function weighed(text: string, known: (text: string) => boolean, names: RegExp | null): Segment | BadWeight {
  for (const pattern of [COLON, BEFORE, BEHIND]) {
    const found = pattern.exec(text)?.groups;
    if (!found || !known(found.text)) continue;
    const { weight: given, percent } = found;
    if (pattern === COLON && known(given)) continue;
    if (pattern === BEHIND && names && [...text.matchAll(names)].some((one) => one.index + one[0].length === text.length)) continue;
    if (pattern !== COLON && !percent && !given.includes(".") && !["0", "1"].includes(given) && !/^[-\u2212]/u.test(given)) continue;
    const plain = given.replaceAll("\u2212", "-");
    const weight = FLOAT.test(plain) ? Number(plain) : NaN;
    const name = found.text.trim();
    if (!(weight >= 0 && weight < Infinity))
      return { sentence: `the weight of ${quoted(name)} is ${given}: a weight is a number, 0 or more, as in 'monet:0.7, hokusai:0.3'` };
    return { text: name, weight: percent ? weight / 100 : weight };
  }
  return { text, weight: null };
}

/** A text in quotes, as Python shows it. */
export const quoted = (text: string): string => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`);
