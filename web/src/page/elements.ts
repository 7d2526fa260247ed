// The elements of index.html by their names.

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

export const button = (id: string) => element<HTMLButtonElement>(id);
export const input = (id: string) => element<HTMLInputElement>(id);

/** Draws a picture on one of the canvases, in the picture's own size. */
export function draw(id: "before" | "after", bitmap: ImageBitmap): void {
  const canvas = element<HTMLCanvasElement>(id);
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
}

/** Says what is going on; an error is said louder, and stays until something succeeds. */
export function say(text: string, error = false): void {
  const [status, alert] = [element("status"), element("error")];
  if (!error) status.textContent = text;
  alert.textContent = error ? text : "";
  alert.hidden = !error;
}
