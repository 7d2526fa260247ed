// Keeps the page for times without a network.

import type { Opened } from "../engine/worker";

/** Has the service worker keep all files; gives what of that is true, in words. */
export async function keep({ runtime }: Opened): Promise<string> {
  if (!("serviceWorker" in navigator)) return "not kept for offline use: the page must come by https";
  try {
    await navigator.serviceWorker.register("./sw.js");
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const kept = new Promise<string>((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    active?.postMessage({ keep: runtime }, [port2]);
    const error = await kept;
    if (error) throw new Error(error);
    return "works offline from now on";
  } catch (error) {
    return `not kept for offline use (${(error as Error).message})`;
  }
}

/** What paints, and why not in more threads. */
export function told({ device, threads }: Opened): string {
  if (self.crossOriginIsolated || threads > 1) return device;
  return `${device}: this host sends no headers for threads (COOP, COEP); load the page again, and it has them from its own store`;
}
