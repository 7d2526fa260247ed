// Pictures in other sizes, to the bit as Pillow resizes them (libImaging/Resample.c, Reduce.c), so that a photo is painted
// in the same copy as by Python.

export interface Raster<T extends Uint8Array | Float32Array = Uint8Array> {
  data: T; // [height, width, channels]
  width: number;
  height: number;
  channels: number;
}

export type Box = [left: number, top: number, right: number, bottom: number]; // may lie between pixels

interface Filter {
  support: number;
  at(x: number): number;
}

export const bilinear: Filter = { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };

export const bicubic: Filter = {
  support: 2,
  at(x) {
    x = Math.abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
  },
};

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

export const lanczos: Filter = { support: 3, at: (x) => (x > -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };

const PRECISION = 22; // bits of a weight, for pictures of 8 bits

interface Taps {
  first: Int32Array; // first pixel that each new one is made of
  count: Int32Array;
  weights: Float64Array; // `most` for each
  most: number;
}

/** Which pixels of a line become each pixel of a new line, and with what weights. */
function taps(length: number, from: number, to: number, size: number, filter: Filter, whole: boolean): Taps {
  const scale = (to - from) / size;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const most = Math.ceil(support) * 2 + 1;
  const found = { first: new Int32Array(size), count: new Int32Array(size), weights: new Float64Array(size * most), most };
  for (let at = 0; at < size; at++) {
    const centre = from + (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(length, Math.trunc(centre + support + 0.5)) - first;
    const row = found.weights.subarray(at * most, at * most + count);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += row[i] = filter.at((i + first - centre + 0.5) / stretch);
    for (let i = 0; i < count; i++) {
      row[i] /= sum || 1;
      if (whole) row[i] = Math.trunc(row[i] * 2 ** PRECISION + (row[i] < 0 ? -0.5 : 0.5));
    }
    found.first[at] = first;
    found.count[at] = count;
  }
  return found;
}

/** One direction: `step` numbers lie between neighbours of a line, and `lines` lines are resized, which begin at `starts`. */
function pass(
  source: Uint8Array | Float32Array, target: Uint8Array | Float32Array, by: Taps, lines: number,
  place: (line: number) => [from: number, to: number], steps: [from: number, to: number],
): void {
  const whole = target instanceof Uint8Array;
  const { first, count, weights, most } = by;
  for (let line = 0; line < lines; line++) {
    const [from, to] = place(line);
    for (let at = 0; at < first.length; at++) {
      let sum = whole ? 2 ** (PRECISION - 1) : 0;
      let read = from + first[at] * steps[0];
      for (let i = at * most, end = i + count[at]; i < end; i++, read += steps[0]) sum += weights[i] * source[read];
      target[to + at * steps[1]] = whole ? Math.min(255, Math.max(0, Math.floor(sum / 2 ** PRECISION))) : sum;
    }
  }
}

/** A picture, or the box of it, in another width and height. */
export function resize<T extends Uint8Array | Float32Array>(
  image: Raster<T>, width: number, height: number, filter: Filter, box: Box = [0, 0, image.width, image.height],
): Raster<T> {
  const { channels } = image;
  const whole = image.data instanceof Uint8Array;
  const empty = (n: number) => (whole ? new Uint8Array(n) : new Float32Array(n)) as T;
  const down = taps(image.height, box[1], box[3], height, filter, whole);
  let { data } = image;
  let top = 0;
  if (width !== image.width || box[0] !== 0 || box[2] !== width) {
    const across = taps(image.width, box[0], box[2], width, filter, whole);
    top = down.first[0];
    const rows = down.first[height - 1] + down.count[height - 1] - top;
    const wide = empty(rows * width * channels);
    const place = (line: number): [number, number] => {
      const [row, c] = [Math.floor(line / channels), line % channels];
      return [(row + top) * image.width * channels + c, row * width * channels + c];
    };
    pass(data, wide, across, rows * channels, place, [channels, channels]);
    data = wide;
  }
  if (height === image.height && box[1] === 0 && box[3] === height) return { data, width, height, channels };
  const done = empty(height * width * channels);
  vertical(data, done, down, top, width * channels);
  return { data: done, width, height, channels };
}

/** Down the columns, row by row, which is how memory lies. */
function vertical(source: Uint8Array | Float32Array, target: Uint8Array | Float32Array, by: Taps, top: number, row: number): void {
  const whole = target instanceof Uint8Array;
  const sums = new Float64Array(row);
  for (let at = 0; at < by.first.length; at++) {
    sums.fill(whole ? 2 ** (PRECISION - 1) : 0);
    for (let i = 0; i < by.count[at]; i++) {
      const weight = by.weights[at * by.most + i];
      const from = (by.first[at] - top + i) * row;
      for (let x = 0; x < row; x++) sums[x] += weight * source[from + x];
    }
    const to = at * row;
    if (whole) for (let x = 0; x < row; x++) target[to + x] = Math.min(255, Math.max(0, Math.floor(sums[x] / 2 ** PRECISION)));
    else for (let x = 0; x < row; x++) target[to + x] = sums[x];
  }
}

/** The means of blocks of so many pixels a side; those at the right and lower border may be smaller. */
export function reduce(image: Raster, across: number, down: number): Raster {
  const width = Math.ceil(image.width / across);
  const height = Math.ceil(image.height / down);
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const bottom = Math.min((y + 1) * down, image.height);
    for (let x = 0; x < width; x++) {
      const right = Math.min((x + 1) * across, image.width);
      const count = (bottom - y * down) * (right - x * across);
      for (let c = 0; c < channels; c++) {
        let sum = Math.floor(count / 2);
        for (let row = y * down; row < bottom; row++)
          for (let column = x * across; column < right; column++) sum += image.data[(row * image.width + column) * channels + c];
        data[at++] = Math.floor(sum / count);
      }
    }
  }
  return { data, width, height, channels };
}

/** A copy whose sides are so many times as long, and a pixel at least (`scaled` of txst/inference/forms.py). */
export function scaled(image: Raster, by: number): Raster {
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, roundEven(side * by)));
  if (width === image.width && height === image.height) return image;
  const factors = [image.width / width, image.height / height].map((factor) => Math.floor(factor / 3) || 1);
  if (factors[0] === 1 && factors[1] === 1) return resize(image, width, height, lanczos);
  const box: Box = [0, 0, image.width / factors[0], image.height / factors[1]];
  return resize(reduce(image, factors[0], factors[1]), width, height, lanczos, box);
}

/** To the nearest whole number, halves to the even one, as Python rounds. */
export function roundEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
