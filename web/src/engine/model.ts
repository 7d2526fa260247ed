// The model's graphs in ONNX Runtime Web: by WebGPU where there is one, else in WASM, in threads where the page may have them.

import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { Raster } from "./resize";

type Runtime = typeof import("onnxruntime-web/wasm");
export type Prepared = Record<string, Tensor>;
const GRAPHS = ["style", "paint", "measure", "tile", "words"] as const;
type Graph = (typeof GRAPHS)[number];
const PAINTING = new Set<Graph>(["paint", "measure", "tile"]); // what a GPU is worth it for

export class Model {
  private readonly sessions = new Map<Graph, Promise<InferenceSession>>();

  private constructor(
    private readonly ort: Runtime,
    private readonly files: Map<Graph, Uint8Array>,
    readonly weights: ArrayBuffer,
    private gpu: boolean,
    readonly threads: number,
    readonly runtime: string[], // addresses of its files
  ) {}

  /** Fetches all that painting needs; nothing is asked for afterwards. `base` is the page's address. */
  static async open(base: string, wishGpu: boolean, wishThreads: number): Promise<Model> {
    const bytes = async (path: string) => {
      const answer = await fetch(new URL(path, base));
      if (!answer.ok) throw new Error(`${path} cannot be loaded (${answer.status}): load the page again`);
      return answer.arrayBuffer();
    };
    const gpu = wishGpu && (await hasGpu());
    const [ort, weights, ...graphs] = await Promise.all([
      (gpu ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm")) as Promise<Runtime>,
      bytes("model/model.safetensors"),
      ...GRAPHS.map((name) => bytes(`model/${name}.onnx`)),
    ]);
    const half = Math.min(4, Math.ceil((navigator.hardwareConcurrency || 1) / 2)); // the page and the camera want some cores, too
    const threads = self.crossOriginIsolated ? wishThreads || half : 1;
    const name = new URL(`ort/ort-wasm-simd-threaded${gpu ? ".asyncify" : ""}`, base).href;
    const runtime = [`${name}.mjs`, `${name}.wasm`];
    ort.env.wasm.wasmPaths = { mjs: runtime[0], wasm: runtime[1] };
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    const files = new Map(GRAPHS.map((graph, i) => [graph, new Uint8Array(graphs[i])]));
    return new Model(ort, files, weights, gpu, threads, runtime);
  }

  /** What paints, in words. */
  get device(): string {
    return this.gpu ? "WebGPU" : `WASM, ${this.threads} thread${this.threads > 1 ? "s" : ""}`;
  }

  /** What painting wants to know of a code [128]. */
  prepare(code: Float32Array): Promise<Prepared> {
    return this.run("style", { code: this.tensor(code, [1, code.length]) });
  }

  /** How well codes [n, 128] fit a text, whose byte pairs have these numbers. */
  async fits(numbers: number[], codes: Float32Array, width: number): Promise<Float32Array> {
    const text = new this.ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
    const { fit } = await this.run("words", { numbers: text, codes: this.tensor(codes, [codes.length / width, width]) });
    return fit.data as Float32Array;
  }

  /** The statistics that a picture is painted by. */
  measure(image: Raster, style: Prepared): Promise<Prepared> {
    return this.run("measure", { image: this.planes(image), ...style });
  }

  /** A picture's painting, by its own statistics or by those of a larger picture. */
  async paint(image: Raster, style: Prepared, statistics?: Prepared): Promise<Raster> {
    const given = { image: this.planes(image), ...style, ...statistics };
    const { painting } = await this.run(statistics ? "tile" : "paint", given);
    const count = image.width * image.height;
    const planes = painting.data as Float32Array;
    const data = new Uint8Array(count * 3);
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < count; i++) data[3 * i + c] = Math.round(255 * Math.min(1, Math.max(0, planes[c * count + i])));
    painting.dispose();
    return { data, width: image.width, height: image.height, channels: 3 };
  }

  private async run(graph: Graph, inputs: Prepared): Promise<Prepared> {
    try {
      return { ...(await (await this.session(graph)).run(inputs)) };
    } catch (error) {
      if (!this.gpu || !PAINTING.has(graph)) throw error;
      console.warn(`WebGPU cannot run ${graph}; WASM paints from now on`, error);
      this.gpu = false;
      this.sessions.clear();
      return this.run(graph, inputs);
    }
  }

  private session(graph: Graph): Promise<InferenceSession> {
    const known = this.sessions.get(graph);
    if (known) return known;
    const session = this.ort.InferenceSession.create(this.files.get(graph) as Uint8Array, {
      executionProviders: this.gpu && PAINTING.has(graph) ? ["webgpu"] : ["wasm"],
      externalData: [{ path: "model.safetensors", data: new Uint8Array(this.weights) }],
      enableCpuMemArena: false, // it would keep the memory of the largest picture
    });
    this.sessions.set(graph, session);
    return session;
  }

  private planes({ data, width, height }: Raster): Tensor {
    const count = width * height;
    const planes = new Float32Array(count * 3);
    for (let c = 0; c < 3; c++) for (let i = 0; i < count; i++) planes[c * count + i] = data[3 * i + c] / 255;
    return this.tensor(planes, [1, 3, height, width]);
  }

  private tensor(numbers: Float32Array, shape: number[]): Tensor {
    return new this.ort.Tensor("float32", numbers, shape);
  }
}

async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as Navigator & { gpu?: { requestAdapter(): Promise<unknown> } };
  return !!gpu && !!(await gpu.requestAdapter().catch(() => null));
}
