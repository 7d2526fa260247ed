// A photo between a file and pixels, in the browser's own decoders.

import { scaled, type Raster } from "./resize";

const MOST = 100e6; // pixels; a browser's canvas holds few more

export interface Photo {
  name: string;
  type: string; // of its file
  pixels: Raster; // [height, width, 3]
  alpha: Raster | null; // its transparency
}

/** Reads a picture's file, turned the way it is meant to be seen, in sRGB. Throws a sentence that names the file. */
export async function readPhoto(file: Blob, name: string): Promise<Photo> {
  await refuseCut(file, name);
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none" }).catch(() => {
    throw new Error(`${name}: broken, or of a kind that this browser cannot read; give a JPEG, PNG or WebP`);
  });
  const { width, height } = bitmap;
  if (width * height > MOST) throw new Error(`${name}: ${width} x ${height} pixels, and ${MOST / 1e6} million at most are painted here; shrink it`);
  return { name, type: file.type, ...split(drawn(bitmap, width, height)) };
}

/** A frame of a video in about so many pixels. */
export function readFrame(bitmap: ImageBitmap, pixels: number): Raster {
  const by = Math.min(1, Math.sqrt(pixels / (bitmap.width * bitmap.height)));
  return split(drawn(bitmap, Math.round(bitmap.width * by), Math.round(bitmap.height * by))).pixels;
}

function drawn(bitmap: ImageBitmap, width: number, height: number): ImageData {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error(`this browser has no memory for ${width} x ${height} pixels`);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** Browsers show the upper part of a JPEG whose end is missing; here it is refused. */
async function refuseCut(file: Blob, name: string): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return;
  for (let at = bytes.length - 2; at >= 0; at--) {
    if (bytes[at] !== 0xff) continue;
    if (bytes[at + 1] === 0xd9) return; // the end of a picture
    if (bytes[at + 1] === 0xda) break; // pixels begin, and none ended
  }
  throw new Error(`${name}: broken or cut short`);
}

function split({ data, width, height }: ImageData): { pixels: Raster; alpha: Raster | null } {
  const count = width * height;
  const pixels: Raster = { data: new Uint8Array(count * 3), width, height, channels: 3 };
  const alpha: Raster = { data: new Uint8Array(count), width, height, channels: 1 };
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const share = (alpha.data[i] = data[4 * i + 3]);
    sums[3] += share;
    for (let c = 0; c < 3; c++) sums[c] += share * (pixels.data[3 * i + c] = data[4 * i + c]);
  }
  if (sums[3] === 255 * count) return { pixels, alpha: null };
  const mean = sums.slice(0, 3).map((sum) => Math.round(sum / (sums[3] || 1))); // what is hidden must not show in what is painted
  for (let i = 0; i < count; i++) if (!alpha.data[i]) pixels.data.set(mean, 3 * i);
  return { pixels, alpha };
}

/** Pixels as a browser shows and saves them. */
export function toImageData(pixels: Raster, alpha: Raster | null): ImageData {
  const image = new ImageData(pixels.width, pixels.height);
  for (let i = 0; i < pixels.width * pixels.height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels.data[3 * i + c];
    image.data[4 * i + 3] = alpha ? alpha.data[i] : 255;
  }
  return image;
}

/** A smaller copy for the screen; the photo itself where it is small. */
export function shrunk(photo: Photo, longest: number): Photo {
  const by = longest / Math.max(photo.pixels.width, photo.pixels.height);
  return by >= 1 ? photo : { ...photo, pixels: scaled(photo.pixels, by), alpha: photo.alpha && scaled(photo.alpha, by) };
}

/** A file of pixels, of the photo's own kind where the browser can write it. */
export async function asFile(pixels: Raster, photo: Photo): Promise<Blob> {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error(`this browser has no memory for ${pixels.width} x ${pixels.height} pixels`);
  context.putImageData(toImageData(pixels, photo.alpha), 0, 0);
  const type = ["image/jpeg", "image/webp"].includes(photo.type) ? photo.type : "image/png";
  return canvas.convertToBlob({ type, quality: 0.95 });
}
