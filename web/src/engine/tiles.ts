// A picture painted at once, or in tiles by the statistics of a small copy of the whole (txst/inference/tiles.py).

import type { Model, Prepared } from "./model";
import { scaled, type Raster } from "./resize";

const GRID = 64; // pixels: tiles begin at multiples of it

export interface Limits {
  bytesPerPixel: number;
  memory: number; // bytes that painting may take at once
  reach: number; // pixels that a tile must see around itself
}

export async function paintAll(
  model: Model, image: Raster, style: Prepared, limits: Limits, progress: (share: number) => void,
): Promise<Raster> {
  const { width, height } = image;
  const pixels = limits.memory / limits.bytesPerPixel;
  if (width * height <= pixels) return model.paint(image, style);
  const statistics = await model.measure(scaled(image, Math.sqrt(pixels / (width * height))), style);
  const { reach } = limits;
  const core = Math.max(GRID, Math.floor((Math.trunc(Math.sqrt(pixels)) - 2 * reach) / GRID) * GRID);
  const done: Raster = { data: new Uint8Array(image.data.length), width, height, channels: 3 };
  const count = Math.ceil(width / core) * Math.ceil(height / core);
  let number = 0;
  for (let top = 0; top < height; top += core) {
    for (let left = 0; left < width; left += core) {
      const [x, y] = [Math.max(0, left - reach), Math.max(0, top - reach)];
      const [right, bottom] = [Math.min(width, left + core + reach), Math.min(height, top + core + reach)];
      const part = cut(image, x, y, right - x, bottom - y);
      const tile = await model.paint(part, style, statistics);
      const inside = cut(tile, left - x, top - y, Math.min(core, width - left), Math.min(core, height - top));
      for (let row = 0; row < inside.height; row++)
        done.data.set(line(inside, row), ((top + row) * width + left) * 3);
      progress(++number / count);
    }
  }
  return done;
}

function cut(image: Raster, left: number, top: number, width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++)
    data.set(line(image, top + row).subarray(left * 3, (left + width) * 3), row * width * 3);
  return { data, width, height, channels: 3 };
}

function line(image: Raster, row: number): Uint8Array {
  return image.data.subarray(row * image.width * 3, (row + 1) * image.width * 3);
}
