// Reads tensors of a .safetensors file: a header in JSON, then the numbers.

interface Place {
  dtype: string;
  data_offsets: [number, number];
}

export class Safetensors {
  private readonly header: Record<string, Place>;
  private readonly begin: number;

  constructor(private readonly file: ArrayBuffer) {
    const length = Number(new DataView(file).getBigUint64(0, true));
    this.header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
    this.begin = 8 + length;
  }

  /** A tensor of half-precision or of whole numbers, under the first of these names that the file has. */
  numbers(...names: string[]): Float32Array {
    const name = names.find((one) => one in this.header);
    if (!name) throw new Error(`the model's weights have no ${names[0]}`);
    const { dtype, data_offsets: [from, to] } = this.header[name];
    const bytes = this.file.slice(this.begin + from, this.begin + to);
    if (dtype === "F16") return Float32Array.from(new Uint16Array(bytes), half);
    if (dtype === "I64") return Float32Array.from(new BigInt64Array(bytes), Number);
    throw new Error(`${name} is of ${dtype}, which is not read here`);
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits >> 15 ? -size : size;
}
