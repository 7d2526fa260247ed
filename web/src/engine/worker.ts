// The worker that paints, so that the page stays awake: one request after the other.

import { asFile, readPhoto, toImageData } from "./photo";
import { Studio, type Request } from "./studio";

export interface Opened {
  device: string;
  threads: number;
  runtime: string[];
  facts: Studio["facts"];
}

export interface Painted {
  after: ImageBitmap;
  device: string;
}

let studio: Studio;
const progress = (share: number) => self.postMessage({ progress: share });
const bitmap = (...given: Parameters<typeof toImageData>) => createImageBitmap(toImageData(...given));

const tasks = {
  async open(base: string, gpu: boolean, wish: number): Promise<Opened> {
    studio = await Studio.open(base, gpu, wish);
    const { device, threads, runtime } = studio.model;
    return { device, threads, runtime, facts: studio.facts };
  },

  /** A photo's file -> its size, and what is shown of it. */
  async load(file: Blob, name: string): Promise<{ width: number; height: number; before: ImageBitmap }> {
    const photo = await readPhoto(file, name);
    const { width, height } = photo.pixels;
    const { pixels, alpha } = studio.take(photo);
    return { width, height, before: await bitmap(pixels, alpha) };
  },

  async paint(request: Request): Promise<Painted> {
    const { pixels, photo } = await studio.paint(request, false, progress);
    return { after: await bitmap(pixels, photo.alpha), device: studio.model.device };
  },

  async save(request: Request): Promise<Blob> {
    const { pixels, photo } = await studio.paint(request, true, progress);
    return asFile(pixels, photo);
  },

  async frame(frame: ImageBitmap, request: Request): Promise<ImageBitmap> {
    return bitmap(await studio.frame(frame, request), null);
  },

  describe: async (request: Request): Promise<string> => studio.describe(request),
  variations: async (request: Request): Promise<number> => studio.palette.variations(request.style, request.nearest),
  code: async (request: Request): Promise<number[]> => [...(await studio.code(request))],
};

export type Tasks = typeof tasks;
let queue = Promise.resolve();

self.addEventListener("message", ({ data: { id, task, given } }: MessageEvent<{ id: number; task: keyof Tasks; given: unknown[] }>) => {
  queue = queue.then(async () => {
    try {
      const result = await (tasks[task] as (...given: unknown[]) => Promise<unknown>)(...given);
      self.postMessage({ id, result });
    } catch (error) {
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
});
