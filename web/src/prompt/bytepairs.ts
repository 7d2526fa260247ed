// Text -> the numbers of its byte pairs (txst/palette/tokenizer.py).

const WORD = /'(?:s|t|re|ve|m|ll|d)|[\p{L}\p{Nl}\p{No}]+|\p{Nd}|[^\s\p{L}\p{N}_]+|_+/gu;
const END = "</w>";
const LENGTH = 32; // numbers of a text

export class BytePairs {
  private readonly ranks: Map<string, number>;
  private readonly numbers: Map<string, number>;
  private readonly names: string[]; // a printable character for each byte

  constructor(pairs: string[]) {
    this.ranks = new Map(pairs.map((pair, at) => [pair, at]));
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    const own = [...range(33, 127), ...range(161, 173), ...range(174, 256)];
    const rest = range(0, 256).filter((byte) => !own.includes(byte));
    const order = [...own.map((byte) => String.fromCharCode(byte)), ...rest.map((_, i) => String.fromCharCode(256 + i))];
    this.names = [];
    [...own, ...rest].forEach((byte, i) => (this.names[byte] = order[i]));
    const symbols = [...order, ...order.map((name) => name + END), ...pairs.map((pair) => pair.replace(" ", ""))];
    this.numbers = new Map(symbols.map((symbol, at) => [symbol, at]));
  }

  /** The first numbers of a text, and one of nothing for an empty one. */
  row(text: string): number[] {
    const found = (text.toLowerCase().match(WORD) ?? []).flatMap((word) => this.apart(word)).slice(0, LENGTH);
    return found.length ? found : [0];
  }

  private apart(word: string): number[] {
    let symbols = [...new TextEncoder().encode(word)].map((byte) => this.names[byte]);
    symbols[symbols.length - 1] += END;
    for (;;) {
      let best: [rank: number, pair: string] = [Infinity, ""];
      for (let i = 1; i < symbols.length; i++) {
        const pair = `${symbols[i - 1]} ${symbols[i]}`;
        const rank = this.ranks.get(pair);
        if (rank !== undefined && rank < best[0]) best = [rank, pair];
      }
      if (best[0] === Infinity) return symbols.map((symbol) => this.numbers.get(symbol) as number);
      const joined: string[] = [];
      for (const symbol of symbols) {
        if (joined.length && `${joined[joined.length - 1]} ${symbol}` === best[1]) joined[joined.length - 1] += symbol;
        else joined.push(symbol);
      }
      symbols = joined;
    }
  }
}
