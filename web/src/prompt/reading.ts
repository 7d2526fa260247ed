// What was understood of a prompt, and how it is told in one line (txst/palette/reading.py).

import { steers, type Source, type Term } from "./lexicon";

export interface Part {
  term: Term;
  typed: string;
  weight: number | null;
  away: boolean; // a look that shall not be
  source: Source;
}

export const NOTHING: Source = { how: "", terms: [], name: "" };

export class Reading {
  parts: Part[] = [];
  unused: string[] = []; // words that mean nothing for a style
  idle: Part[] = []; // parts without an effect
  refused: string[] = []; // sentences on what cannot be done

  constructor(readonly prompt: string) {}

  /** The parts that are mixed. */
  get named(): Part[] {
    return this.parts.filter((part) => part.source.terms.length && !steers(part.source));
  }

  /** The parts that steer. */
  get looks(): Part[] {
    return this.parts.filter((part) => steers(part.source));
  }

  /** One line: what was understood, and what was not used. */
  describe(): string {
    const said = [...this.refused];
    if (this.parts.length && !this.refused.length) {
      const shares = new Set(this.named.map((part) => part.weight)).size > 1;
      said.push([...this.named, ...this.looks].map((part) => described(part, shares)).join(" + "));
    }
    if (this.unused.length) {
      const words = this.unused.map((word) => `"${word}"`).join(" and ");
      said.push(`${words} ${this.unused.length === 1 ? "has" : "have"} no meaning for a style`);
    }
    const idle = this.idle.map(({ typed, weight }) => `"${typed}" has ${weight === 0 ? "weight 0" : "no effect with this model"}`);
    return [...said, ...idle].join("; ");
  }
}

/** A part in words, with its share where those differ. */
function described({ term, source, weight, away }: Part, shares: boolean): string {
  let kind = term.kind;
  const share = shares && !steers(source) ? `${(100 * (weight ?? 0)).toFixed(0)}% ` : "";
  const names = source.terms.map(({ name }) => name);
  if (source.how === "members") kind += ` of ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
  else if (source.how === "instead") kind += kind === "work" ? ` by ${source.name}` : `; no pictures of it here, ${source.name} instead`;
  else if (source.how === "nearest") kind += `; not in the data, ${source.name} in its place`;
  return `${share}${away ? "not " : ""}${term.name} (${kind})`;
}
