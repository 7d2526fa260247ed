// The painting of a small copy in the photo's size: `enlarged` of txst/inference/finish.py, which says why.

import { bicubic, bilinear, resize, type Box, type Raster } from "./resize";

const LUMA = [0.299, 0.587, 0.114];
const ROWS = 256; // of a strip
const RADIUS = 2;
const NOISE = 65;
const TEXTURE = 5;
const GAIN = 2;

/** The painting of a small copy of a photo in the photo's size, strip by strip. */
export function enlarged(painting: Raster, copy: Raster, photo: Raster, progress: (share: number) => void): Raster {
  const { width, height } = photo;
  const factor = height / copy.height;
  const share = Math.min(1, factor - 1);
  const below = lightness(copy);
  const slopes = slopesOf(painting, below);
  const [lowest, highest] = [extreme(painting, Math.min), extreme(painting, Math.max)];
  const data = new Uint8Array(photo.data.length);
  for (let top = 0; top < height; top += ROWS) {
    const rows = Math.min(ROWS, height - top);
    const box: Box = [0, top / factor, copy.width, Math.min((top + rows) / factor, copy.height)];
    const [soft, least, most] = [painting, lowest, highest].map((part) => resize(part, width, rows, bicubic, box).data);
    const light = resize(below, width, rows, bicubic, box).data;
    const slope = resize(slopes, width, rows, bilinear, box).data;
    for (let pixel = 0, at = 0, to = top * width * 3; pixel < width * rows; pixel++) {
      const own = LUMA[0] * photo.data[to] + LUMA[1] * photo.data[to + 1] + LUMA[2] * photo.data[to + 2];
      const differs = own - light[pixel];
      const missing = Math.sign(differs) * Math.max(0, Math.abs(differs) - TEXTURE);
      for (let c = 0; c < 3; c++, at++, to++) {
        const room = Math.max(1, most[at] - least[at]);
        const place = clipped((soft[at] + slope[at] * missing - least[at]) / room);
        const steep = clipped((place - 0.5) * GAIN + 0.5);
        const sharp = place + share * (steep * steep * (3 - 2 * steep) - place);
        data[to] = Math.min(255, Math.max(0, Math.round(least[at] + room * sharp)));
      }
    }
    progress((top + rows) / height);
  }
  return { data, width, height, channels: 3 };
}

const clipped = (x: number) => (x < 0 ? 0 : x > 1 ? 1 : x);

function lightness(image: Raster): Raster<Float32Array> {
  const { data, width, height } = image;
  const light = new Float32Array(width * height);
  for (let i = 0; i < light.length; i++) light[i] = LUMA[0] * data[3 * i] + LUMA[1] * data[3 * i + 1] + LUMA[2] * data[3 * i + 2];
  return { data: light, width, height, channels: 1 };
}

/** The least or the greatest of each pixel and those around it. */
function extreme(image: Raster, of: (a: number, b: number) => number): Raster {
  const { width, height, channels } = image;
  let from = image.data;
  for (const down of [false, true]) {
    const to = new Uint8Array(from.length);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const before = down ? (y > 0 ? -width * channels : 0) : x > 0 ? -channels : 0;
        const behind = down ? (y < height - 1 ? width * channels : 0) : x < width - 1 ? channels : 0;
        for (let c = 0; c < channels; c++, at++) to[at] = of(of(from[at + before], from[at]), from[at + behind]);
      }
    }
    from = to;
  }
  return { data: from, width, height, channels };
}

/** By how much each colour of a painting changes with the lightness of its photo, around each pixel. */
function slopesOf(painting: Raster, light: Raster<Float32Array>): Raster<Float32Array> {
  const { width, height } = painting;
  const level = mean(light.data, width, height);
  const spread = mean(light.data.map((x) => x * x), width, height);
  for (let i = 0; i < spread.length; i++) spread[i] += NOISE - level[i] * level[i];
  const slopes = new Float32Array(painting.data.length);
  for (let c = 0; c < 3; c++) {
    const plane = new Float32Array(width * height).map((_, i) => painting.data[3 * i + c]);
    const both = mean(plane.map((x, i) => x * light.data[i]), width, height);
    const own = mean(plane, width, height);
    const slope = mean(both.map((x, i) => (x - level[i] * own[i]) / spread[i]), width, height);
    for (let i = 0; i < slope.length; i++) slopes[3 * i + c] = slope[i];
  }
  return { data: slopes, width, height, channels: 3 };
}

/** Of the window around each pixel; beyond the border the last pixels are repeated. */
function mean(plane: Float32Array, width: number, height: number): Float32Array {
  for (const [length, step, lines, stride] of [[height, width, width, 1], [width, 1, height, width]]) {
    const done = new Float32Array(plane.length);
    for (let line = 0; line < lines; line++) {
      for (let at = 0; at < length; at++) {
        let total = 0;
        for (let i = at - RADIUS; i <= at + RADIUS; i++) total += plane[line * stride + Math.min(length - 1, Math.max(0, i)) * step];
        done[line * stride + at * step] = total / (2 * RADIUS + 1);
      }
    }
    plane = done;
  }
  return plane;
}
