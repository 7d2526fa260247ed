// A palette: codes of real paintings under names; a text picks one (txst/palette/lookup.py).

import type { Lexicon, Term, Words } from "./lexicon";
import { read } from "./prompt";
import type { Part, Reading } from "./reading";
import { nearest as offered, split } from "./spelling";
import { quoted } from "./weights";

const CERTAINTY = 10; // score that a cosine of 1 is worth
const LEAN = 0.8; // how far a code goes to the works of the whole palette that have a look
const LOOKING = 2; // works that show what a look is
const ALONE = "vivid"; // a look that one work shows: the mean of works in many colours is grey
const SAME = 0.95; // cosine from which on two codes are taken for one work

export type Fits = (text: string, codes: Float32Array) => Promise<Float32Array>;
type Option = { codes: Float32Array; fit: Float32Array; weight: number };

export interface Stored {
  codes: Float32Array; // [N, width]
  name: Float32Array; // [N], index in the names
  movement: Float32Array;
  score: Float32Array;
}

export class Palette {
  readonly width: number;
  private readonly words: Words;

  constructor(private readonly stored: Stored, private readonly lexicon: Lexicon, private readonly fits: Fits) {
    this.width = stored.codes.length / stored.name.length;
    this.words = lexicon.words;
  }

  read(prompt: string, nearest = false): Reading {
    return read(prompt, this.lexicon, nearest);
  }

  /** Text -> code, of unit length; `variation` takes others of the works that fit. Throws what cannot be painted, in a sentence. */
  async text(prompt: string, variation = 0, nearest = false): Promise<Float32Array> {
    const reading = this.read(prompt, nearest);
    const options = await this.options(reading, nearest);
    const chosen = options.map(({ codes, fit }) => this.different(codes, fit, variation + 1));
    const most = Math.max(...chosen.map((rows) => rows.length));
    if (variation >= most) throw new Error(`there is no variation ${variation} of ${quoted(prompt)}: ${most} differ, which are 0 to ${most - 1}`);
    const picked = options.map(({ codes }, i) => this.pick(codes, chosen[i][variation % chosen[i].length]));
    const code = await this.leaning(mixed(picked, options.map(({ weight }) => weight)), reading);
    return unit(code);
  }

  /** How many works a prompt can be painted after that differ. */
  async variations(prompt: string, nearest = false): Promise<number> {
    const options = await this.options(this.read(prompt, nearest), nearest);
    return Math.max(...options.map(({ codes, fit }) => this.different(codes, fit, fit.length).length));
  }

  private async options(reading: Reading, nearest: boolean): Promise<Option[]> {
    const { prompt } = reading;
    if (reading.refused.length) throw new Error(`${reading.refused.join("; ")}.`);
    if (!reading.parts.length && !nearest) {
      const near = offered(prompt, this.words.offers);
      throw new Error(`this model knows no style ${quoted(prompt)}${near.length ? `; the nearest in spelling: ${near.join(", ")}` : ""}.`);
    }
    const { codes, score } = this.stored;
    const named = reading.named.map((part) => ({ ...this.among(part), weight: part.weight ?? 0 }));
    const options = named.length ? named : [{ codes, fit: score, weight: 1 }];
    const add = async (one: Option) => {
      const more = reading.parts.length ? await this.steered(reading.looks, one.codes)
        : (await this.fits(tidy(prompt), one.codes)).map((fit) => CERTAINTY * fit);
      return { ...one, fit: one.fit.map((fit, i) => fit + more[i]) };
    };
    const found: Option[] = [];
    for (const one of options) found.push(await add(one));
    return found;
  }

  /** The codes that a part of a prompt may mean, and their scores. */
  private among(part: Part): { codes: Float32Array; fit: Float32Array } {
    const rows = part.source.terms.filter((term) => term.kind !== "look").flatMap((term) => this.under(term));
    return { codes: this.rows(rows), fit: Float32Array.from(rows, (row) => this.stored.score[row]) };
  }

  private under({ name }: Term): number[] {
    const at = this.words.names.indexOf(name);
    const [owner, index] = at >= 0 ? [this.stored.name, at] : [this.stored.movement, this.words.movements.indexOf(name)];
    return [...owner.keys()].filter((row) => owner[row] === index);
  }

  private rows(rows: number[]): Float32Array {
    const found = new Float32Array(rows.length * this.width);
    rows.forEach((row, i) => found.set(row_(this.stored.codes, row, this.width), i * this.width));
    return found;
  }

  /** How much better codes fit for their looks. */
  private async steered(looks: Part[], codes: Float32Array): Promise<Float32Array> {
    const typed = (term: Term) => this.words.looks[term.name];
    const fit = new Float32Array(codes.length / this.width);
    const near = looks.filter((part) => !part.away);
    const add = async (text: string, weight: number) => (await this.fits(text, codes)).forEach((cosine, i) => (fit[i] += CERTAINTY * weight * cosine));
    const wanted = near.flatMap((part) => part.source.terms.map(typed));
    if (wanted.length) await add(wanted.join(", "), near.reduce((sum, part) => sum + (part.weight ?? 0), 0) / near.length);
    for (const part of looks) if (part.away) await add(typed(part.term), -(part.weight ?? 0));
    return fit;
  }

  /** A code of what is named, moved to the works of the palette that have the looks that are asked for. */
  private async leaning(code: Float32Array, reading: Reading): Promise<Float32Array> {
    const wanted = reading.looks.filter((part) => !part.away);
    if (!wanted.length || !reading.named.length) return code;
    const strength = Math.min(1, wanted.reduce((sum, part) => sum + (part.weight ?? 0), 0) / wanted.length);
    const names = wanted.flatMap((part) => part.source.terms.map((term) => term.name));
    const text = names.map((name) => this.words.looks[name]).join(", ");
    const count = names.includes(ALONE) ? 1 : LOOKING;
    const shown = new Float32Array(this.width);
    const { codes } = this.stored;
    for (const row of best(await this.fits(text, codes)).slice(0, count))
      row_(codes, row, this.width).forEach((x, i) => (shown[i] += x / count));
    return mixed([unit(code), unit(shown)], [1 - LEAN * strength, LEAN * strength]);
  }

  /** The code of a row, with a little of its nearest among those that it is chosen from. */
  private pick(codes: Float32Array, row: number): Float32Array {
    const own = row_(codes, row, this.width);
    const near = Float32Array.from({ length: codes.length / this.width }, (_, i) => dot(row_(codes, i, this.width), own));
    const among = best(near).slice(0, this.words.blend);
    const code = new Float32Array(this.width);
    for (const one of among) {
      const weight = Math.exp((near[one] - near[among[0]]) / 0.1);
      row_(codes, one, this.width).forEach((x, i) => (code[i] += weight * x));
    }
    return code;
  }

  /** The rows that fit best, without those that are nearly the same as a better one. */
  private different(codes: Float32Array, fit: Float32Array, count: number): number[] {
    const found: number[] = [];
    for (const row of best(fit)) {
      if (found.length === count) break;
      const own = row_(codes, row, this.width);
      if (found.every((other) => dot(row_(codes, other, this.width), own) < SAME)) found.push(row);
    }
    return found;
  }
}

const row_ = (codes: Float32Array, row: number, width: number) => codes.subarray(row * width, (row + 1) * width);
const best = (fit: Float32Array) => [...fit.keys()].sort((a, b) => fit[b] - fit[a]);
const tidy = (text: string) => split(text.normalize("NFC").replaceAll("’", "'").replace(/[-_\u2010-\u2015\s]+/gu, " ")).join(" ").toLowerCase();

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const size = (code: Float32Array) => Math.sqrt(dot(code, code));
const unit = (code: Float32Array) => code.map((x) => x / size(code));

/** A code between others on their sphere; those of weight 0 play no part. */
export function mixed(given: Float32Array[], weights: number[]): Float32Array {
  const pairs = given.map((code, i) => ({ code, weight: weights[i] })).filter(({ weight }) => weight);
  if (pairs.length === 1) return pairs[0].code;
  const whole = pairs.reduce((sum, { weight }) => sum + weight, 0);
  const middle = pairs[0].code.map((_, i) => pairs.reduce((sum, { code, weight }) => sum + (code[i] * weight) / whole, 0));
  const length = pairs.reduce((sum, { code, weight }) => sum + (size(code) * weight) / whole, 0);
  if (size(middle) < 1e-3 * length) throw new Error("these styles are opposites: nothing lies between them");
  return middle.map((x) => (x * length) / size(middle));
}
