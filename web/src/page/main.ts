// The page: a photo, a style, and what becomes of them.

import { Client } from "../engine/client";
import type { Request } from "../engine/studio";
import { Camera } from "./camera";
import { button, draw, element, input, say } from "./elements";
import { keep, told } from "./offline";
import { Picker } from "./picker";

const FIRST = "claude monet";
const progress = element<HTMLProgressElement>("progress");
const client = new Client((share) => {
  progress.hidden = share >= 1;
  progress.value = share;
});
const threads = Number(new URLSearchParams(location.search).get("threads")); // 0: as many as suit the machine
const opened = client.call("open", new URL(".", document.baseURI).href, true, threads);
let [first, second]: Picker[] = [];
let photo: { name: string; width: number; height: number } | null = null;
let variation = 0;
let nearest = false;
let [wanted, painting] = [0, false]; // number of the latest request, and whether one is being painted
const camera = new Camera(client, request);

function request(): Request {
  const number = (id: string) => Number(input(id).value);
  const stroke = input("own-size").checked ? 0 : number("stroke");
  return { style: first.value, second: second.value, share: number("share"), variation, strength: number("strength"), stroke, nearest };
}

/** Paints what is asked for now; of requests that come meanwhile only the last is painted. */
async function paint(): Promise<void> {
  wanted++;
  if (camera.on) element("understood").textContent = await client.call("describe", request());
  if (painting || !photo || camera.on) return;
  painting = true;
  for (let number = 0; number !== wanted; ) {
    number = wanted;
    await paintOnce(request());
  }
  painting = false;
}

async function paintOnce(asked: Request): Promise<void> {
  element("status").textContent = "Painting …";
  button("another").disabled = true;
  const begin = performance.now();
  try {
    element("understood").textContent = await client.call("describe", asked);
    const { after, device } = await client.call("paint", asked);
    draw("after", after);
    if (device !== (await opened).device) element("device").textContent = `Painted by ${device}, as WebGPU cannot run this model here.`;
    const seconds = (performance.now() - begin) / 1000;
    say(`${photo?.name}: ${photo?.width} x ${photo?.height} pixels, painted in ${seconds.toFixed(1)} s`);
    await works(asked);
  } catch (error) {
    element("status").textContent = "";
    say((error as Error).message, true);
    button("download").disabled = true;
    button("nearest").hidden = nearest;
  }
  progress.hidden = true;
}

/** Offers what can be done with a style that was painted. */
async function works(asked: Request): Promise<void> {
  button("download").disabled = camera.on;
  button("nearest").hidden = true;
  const most = asked.nearest ? 1 : await client.call("variations", asked);
  button("another").disabled = most < 2;
  button("another").textContent = `After another of these works (${asked.variation + 1} of ${most})`;
}

async function load(file: Blob, name: string): Promise<void> {
  if (camera.on) switchCamera(false);
  try {
    const { width, height, before } = await client.call("load", file, name);
    draw("before", before);
    photo = { name, width, height };
    await paint();
  } catch (error) {
    say((error as Error).message, true);
  }
}

async function download(): Promise<void> {
  if (!photo) return;
  const asked = request();
  element("status").textContent = `Painting ${photo.width} x ${photo.height} pixels …`;
  try {
    const file = await client.call("save", asked);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${photo.name.replace(/\.\w+$/, "")}_${asked.style.replace(/[^\p{L}\p{N}]+/gu, "-")}.${file.type.slice(6).replace("jpeg", "jpg")}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(`${link.download}: ${photo.width} x ${photo.height} pixels, ${(file.size / 1e6).toFixed(1)} MB`);
  } catch (error) {
    say((error as Error).message, true);
  }
  progress.hidden = true;
}

function switchCamera(on: boolean): void {
  button("camera").setAttribute("aria-pressed", String(on));
  for (const id of ["snap", "before", "compared"]) element(id).hidden = id === "snap" ? !on : on;
  button("download").disabled = on || !photo;
  if (on) camera.start().catch((error: Error) => (switchCamera(false), say(error.message, true)));
  else camera.stop();
}

function changed(): void {
  [variation, nearest] = [0, false];
  void paint();
}

function listen(): void {
  input("file").addEventListener("change", () => {
    const file = input("file").files?.[0];
    if (file) void load(file, file.name);
    input("file").value = "";
  });
  for (const id of ["strength", "stroke", "share"]) {
    input(id).addEventListener("input", () => (element(`${id}-value`).textContent = input(id).value));
    input(id).addEventListener("change", () => void paint());
  }
  input("own-size").addEventListener("change", () => {
    input("stroke").disabled = input("own-size").checked;
    void paint();
  });
  input("split").addEventListener("input", () => {
    const share = input("split").value;
    element("before").style.setProperty("--split", `${share}%`);
    input("split").ariaValueText = share === "0" ? "all painting" : share === "100" ? "all photo" : `photo up to ${share}% from the left`;
  });
  button("another").addEventListener("click", async () => {
    variation = (variation + 1) % (await client.call("variations", request()));
    void paint();
  });
  button("nearest").addEventListener("click", () => {
    nearest = true;
    void paint();
  });
  button("download").addEventListener("click", () => void download());
  button("camera").addEventListener("click", () => {
    switchCamera(!camera.on);
    if (!camera.on) void paint();
  });
  button("snap").addEventListener("click", async () => void load(await camera.snap(), "camera.jpg"));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("drop");
  });
  for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, () => document.body.classList.remove("drop"));
  document.addEventListener("drop", (event) => (event.preventDefault(), given(event.dataTransfer)));
  document.addEventListener("paste", (event) => given(event.clipboardData));
}

/** A picture that was dropped or pasted. */
function given(data: DataTransfer | null): void {
  const file = [...(data?.files ?? [])][0];
  if (file) void load(file, file.name || "pasted.png");
}

async function start(): Promise<void> {
  const ready = await opened;
  first = new Picker(element("first"), "Style", ready.facts, changed);
  second = new Picker(element("second"), "Second style", ready.facts, changed);
  first.show(FIRST);
  element("device").textContent = `Painted by ${told(ready)}.`;
  listen();
  await load(await (await fetch("sample.jpg")).blob(), "sample.jpg");
  element("device").textContent = `Painted by ${told(ready)}. The page ${await keep(ready)}.`;
}

/** For scripts and tests: the tasks of src/engine/worker.ts. */
Object.assign(window, { txst: client });
start().catch((error: Error) => say(`${error.message}`, true));
