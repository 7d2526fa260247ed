// What words mean to the palette: scripts/export_web.py asks txst/palette/lexicon.py every question, and writes down the answers.

import { joined, Slips, W } from "./spelling";

export interface Term {
  kind: string; // artist, work, movement, medium, texture or look
  name: string;
  held: boolean; // the palette has works of it
  source: Source;
  beside: Source; // the same beside other names
  near: Term | null;
  since: string; // why a painter cannot be
  painters: Term[]; // of a famous work
}

/** What a term is painted by. */
export interface Source {
  how: string; // own, members, instead, nearest, or nothing
  terms: Term[];
  name: string;
}

type StoredSource = [string, number[], string];
type StoredTerm = [string, string, number, StoredSource, number | null, string, number[] | null, StoredSource | null];
type Keys = [string, number[]][];

export interface Words {
  terms: StoredTerm[];
  whole: Keys;
  surnames: Keys;
  uncut: string;
  signs: string;
  ordinary: string[];
  little: Record<Little, string[]>;
  looks: Record<string, string>;
  offers: [string, string[]][];
  names: string[];
  movements: string[];
  blend: number;
}

export type Little = "tie" | "before" | "not" | "or";

/** Whether it chooses among works and is none itself. */
export const steers = (source: Source): boolean => source.terms.length > 0 && source.terms.every((term) => term.kind === "look");

export class Lexicon {
  readonly whole: Map<string, Term[]>;
  readonly surnames: Map<string, Term[]>;
  readonly oneWord: Map<string, Term[]>;
  readonly firstNames: Set<string>;
  readonly slips: Slips<Term[]>;
  readonly signs: RegExp;
  readonly uncut: RegExp | null;
  readonly ordinary: Set<string>;
  private readonly little: Record<Little, Set<string>>;
  private readonly spokenBy = new Map<Term, string[]>();

  constructor(readonly words: Words) {
    const terms = words.terms.map(([kind, name, held, , , since]) => ({ kind, name, held: !!held, since }) as Term);
    const source = ([how, numbers, name]: StoredSource) => ({ how, terms: numbers.map((at) => terms[at]), name });
    words.terms.forEach(([, , , own, near, , painters, beside], at) => {
      const [term, found] = [terms[at], source(own)];
      term.source = found;
      term.beside = beside ? source(beside) : found;
      term.near = near === null ? null : terms[near];
      term.painters = (painters ?? []).map((one) => terms[one]);
    });
    const keyed = (keys: Keys) => new Map(keys.map(([key, numbers]) => [key, numbers.map((at) => terms[at])]));
    this.whole = keyed(words.whole);
    this.surnames = keyed(words.surnames);
    this.oneWord = new Map([...this.whole].map(([key, found]) => [joined(key), found]));
    const named = [...this.whole].filter(([key, [term]]) => term.kind === "artist" && key.includes(" "));
    this.firstNames = new Set(named.map(([key]) => key.split(" ")[0]));
    for (const [key, found] of this.whole)
      for (const term of found) this.spokenBy.set(term, [...(this.spokenBy.get(term) ?? []), ...key.split(" ")]);
    const misspelt = [...[...this.surnames].map(([key, found]) => [joined(key), found] as const), ...this.oneWord];
    this.slips = new Slips(new Map([...new Map(misspelt)].filter(([key, [term]]) => term.kind !== "look" || key.length > 6)));
    this.signs = new RegExp(words.signs, "gu");
    this.uncut = words.uncut ? new RegExp(`(?<!${W})${words.uncut}(?!${W})`, "giu") : null;
    this.ordinary = new Set(words.ordinary);
    const little = Object.entries(words.little).map(([role, found]) => [role, new Set(found)]);
    this.little = Object.fromEntries(little) as Record<Little, Set<string>>;
  }

  /** Whether a token is a little word of one of these roles. */
  is(token: string | undefined, ...roles: Little[]): boolean {
    return token !== undefined && roles.some((role) => this.little[role].has(token));
  }

  /** The words of a painter's names. */
  spoken(term: Term): string[] {
    return this.spokenBy.get(term) ?? [];
  }

  /** Of several meanings those that the palette holds, if it holds any; of a painter and a look, the look. */
  likeliest(given: Term[]): Term[] {
    const held = given.filter((term) => term.held);
    const terms = held.length ? held : given;
    const plain = terms.filter((term) => term.kind !== "artist");
    return plain.length ? plain.slice(0, 1) : terms;
  }
}

