// The page's end of the worker.

import type { Tasks } from "./worker";

type Given<T extends keyof Tasks> = Parameters<Tasks[T]>;
type Result<T extends keyof Tasks> = Awaited<ReturnType<Tasks[T]>>;
interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Client {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(progress: (share: number) => void) {
    this.worker.addEventListener("message", ({ data }) => {
      if ("progress" in data) return progress(data.progress);
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.result);
    });
    this.worker.addEventListener("error", ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the painter stopped (${message}): load the page again`));
      this.waiting.clear();
    });
  }

  /** Has the worker do a task; its errors are sentences for the reader. */
  call<T extends keyof Tasks>(task: T, ...given: Given<T>): Promise<Result<T>> {
    const id = ++this.count;
    const moved = given.filter((one): one is ImageBitmap => one instanceof ImageBitmap);
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, given }, moved);
    }) as Promise<Result<T>>;
  }
}
