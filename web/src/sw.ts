// The service worker: keeps the page's files, so that it works offline after the first visit, and gives every answer the headers
// that threads need, which many hosts do not send.

interface Event_ extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetch extends Event_ {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Message extends Event_ {
  data: { keep: string[] };
  ports: MessagePort[];
}
interface Scope {
  addEventListener<E>(kind: string, listener: (event: E) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
}

const scope = self as unknown as Scope;
const FILES: string[] = __FILES__; // the plugin of vite.config.ts puts them in
const CACHE = `txst-${scope.registration.scope}-__VERSION__`;
const ours = `txst-${scope.registration.scope}-`;
declare const __FILES__: string[];

scope.addEventListener<Event_>("install", (event) => {
  const add = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES.map(fresh));
    for (const url of await runtime()) {
      const found = await fetch(fresh(url));
      if (found.ok) await cache.put(url, found); // else this version has it no more
    }
    await scope.skipWaiting();
  };
  event.waitUntil(add());
});

/** A request past the browser's HTTP cache, in which a file may be of another version, as most names say none. */
function fresh(url: string): Request {
  return new Request(url, { cache: "reload" });
}

/** The addresses of the runtime that the version before has: its page may not come back before the network is gone. */
async function runtime(): Promise<string[]> {
  const names = (await caches.keys()).filter(old);
  const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().map(({ url }) => url).filter((url) => url.startsWith(`${scope.registration.scope}ort/`));
}

function old(cache: string): boolean {
  return cache.startsWith(ours) && cache !== CACHE;
}

scope.addEventListener<Event_>("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (old(name)) await caches.delete(name);
    await scope.clients.claim();
  };
  event.waitUntil(tidy());
});

// the page says which files of the runtime it uses, as there are several
scope.addEventListener<Message>("message", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    for (const url of event.data.keep) if (!(await cache.match(url))) await cache.add(url);
  };
  const [port] = event.ports;
  event.waitUntil(keep().then(() => port.postMessage(""), (error: Error) => port.postMessage(error.message)));
});

scope.addEventListener<Fetch>("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope.registration.scope)) return;
  event.respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = (await cache.match(request, { ignoreSearch: true })) ?? (await fetch(request));
  if (found.type === "opaque" || found.status === 0) return found;
  const headers = new Headers(found.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
}
