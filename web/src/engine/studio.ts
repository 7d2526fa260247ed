// A photo and a request -> a painting: styles, stroke, strength (txst/inference/composing.py).

import { BytePairs } from "../prompt/bytepairs";
import { Lexicon, type Words } from "../prompt/lexicon";
import { mixed, Palette } from "../prompt/palette";
import { enlarged } from "./enlarge";
import { Model, type Prepared } from "./model";
import { readFrame, shrunk, type Photo } from "./photo";
import { lanczos, resize, roundEven, scaled, type Raster } from "./resize";
import { Safetensors } from "./safetensors";
import { paintAll, type Limits } from "./tiles";

const WORKING = 640; // pixels of the shorter side in which larger photos are painted
const VIEW = 1280; // pixels of the longer side that are shown
const FRAME = 256 * 256; // pixels of a frame of the camera

export interface Style {
  name: string;
  kind: string;
  movement: string;
  keys: string;
}

export interface Facts extends Limits {
  styles: Style[];
  cell: number; // pixels of a style's picture in the sheet
  columns: number;
  pairs: string[];
}

export interface Request {
  style: string;
  second: string; // mixed with it, unless empty
  share: number; // of the second
  variation: number;
  strength: number;
  stroke: number; // how much larger than usual strokes are; 0 paints the photo in its own size
  nearest: boolean;
  memory?: number; // bytes that painting may take at once, if not those of Python
}

export type Progress = (share: number) => void;

export class Studio {
  private photo: Photo | null = null;
  private view: Photo | null = null;
  private styled: { key: string; style: Prepared } | null = null;
  private layered: { key: string; small: Raster; layer: Raster } | null = null;

  private constructor(readonly model: Model, readonly facts: Facts, readonly palette: Palette) {}

  static async open(base: string, gpu: boolean, threads: number): Promise<Studio> {
    const json = async (path: string) => (await fetch(new URL(path, base))).json();
    const [model, facts, words] = await Promise.all([Model.open(base, gpu, threads), json("model.json") as Promise<Facts>, json("words.json") as Promise<Words>]);
    const file = new Safetensors(model.weights);
    const [codes, name, movement] = ["codes", "name", "movement"].map((part) => file.numbers(`clip.${part}`));
    const stored = { codes, name, movement, score: file.numbers("clip.score", "clip.merit") };
    const pairs = new BytePairs(facts.pairs);
    const width = codes.length / name.length;
    const palette = new Palette(stored, new Lexicon(words), (text, some) => model.fits(pairs.row(text), some, width));
    return new Studio(model, facts, palette);
  }

  /** Takes up a photo; gives what is shown of it. */
  take(photo: Photo): Photo {
    [this.photo, this.view, this.layered] = [photo, shrunk(photo, VIEW), null];
    return this.view;
  }

  /** What is understood of a request. */
  describe({ style, second, nearest }: Request): string {
    return [style, second].filter((text) => text.trim()).map((text) => this.palette.read(text, nearest).describe()).join(", mixed with ");
  }

  /** The painting as it is shown, or in the photo's own size. */
  async paint(request: Request, full: boolean, progress: Progress): Promise<{ pixels: Raster; photo: Photo }> {
    if (!this.photo || !this.view) throw new Error("there is no photo yet");
    const photo = full ? this.photo : this.view;
    const style = await this.style(request);
    if (!request.strength) return { pixels: photo.pixels, photo };
    const { small, layer } = await this.layer(this.photo.pixels, style, request, progress);
    const { width, height } = photo.pixels;
    const grows = Math.min(small.width, small.height) < Math.min(width, height);
    const above = grows ? enlarged(layer, small, photo.pixels, progress) : resize(layer, width, height, lanczos);
    return { pixels: blended(above, photo.pixels, request.strength), photo };
  }

  /** A frame of the camera, painted small. */
  async frame(bitmap: ImageBitmap, request: Request): Promise<Raster> {
    const frame = readFrame(bitmap, FRAME);
    const painted = await this.model.paint(frame, await this.style(request));
    return blended(painted, frame, request.strength);
  }

  /** The code of a request's style. */
  async code({ style, second, share, variation, nearest }: Request): Promise<Float32Array> {
    for (const text of [style, second]) if (text.length > 1000) throw new Error(`the style has ${text.length} characters: describe it in 1000 at most`);
    if (!style.trim()) throw new Error("the style is empty; name an artist, a movement or a texture");
    const code = await this.palette.text(style, variation, nearest);
    return second.trim() ? mixed([code, await this.palette.text(second, 0, nearest)], [1 - share, share]) : code;
  }

  private async style(request: Request): Promise<Prepared> {
    const key = keyOf(request);
    if (this.styled?.key !== key) this.styled = { key, style: await this.model.prepare(await this.code(request)) };
    return this.styled.style;
  }

  /** What the network paints, kept while photo, style and stroke stay. */
  private async layer(image: Raster, style: Prepared, request: Request, progress: Progress): Promise<{ small: Raster; layer: Raster }> {
    const limits = { ...this.facts, memory: request.memory ?? this.facts.memory };
    const key = `${keyOf(request)} ${request.stroke} ${limits.memory}`;
    if (this.layered?.key !== key) {
      const shorter = Math.min(image.width, image.height);
      const small = scaled(image, request.stroke ? Math.min(1, WORKING / shorter) / request.stroke : 1);
      this.layered = { key, small, layer: await paintAll(this.model, small, style, limits, progress) };
    }
    return this.layered;
  }
}

const keyOf = ({ style, second, share, variation, nearest }: Request) => JSON.stringify([style, second, second && share, variation, nearest]);

/** `below` where the share is 0, `above` where it is 1. */
function blended(above: Raster, below: Raster, share: number): Raster {
  if (share === 1) return above;
  return { ...below, data: below.data.map((under, i) => roundEven(under + share * (above.data[i] - under))) };
}
