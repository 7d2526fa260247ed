import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig, type Plugin } from "vite";

const RUNTIME = "node_modules/onnxruntime-web/dist";
const VARIANTS = ["ort-wasm-simd-threaded", "ort-wasm-simd-threaded.asyncify"]; // in WASM alone, and with WebGPU
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Puts the runtime's files beside the page, and tells the service worker which files the page is made of. */
function offline(): Plugin {
  return {
    name: "offline",
    enforce: "post",
    generateBundle(_, bundle) {
      const given = readdirSync("public", { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
      const files = new Map(given.map((file) => join(file.parentPath, file.name)).map((path) => [relative("public", path), readFileSync(path)]));
      for (const output of Object.values(bundle))
        if (output.fileName !== "sw.js") files.set(output.fileName, Buffer.from(output.type === "chunk" ? output.code : output.source));
      const version = createHash("sha256");
      for (const [name, content] of [...files].sort()) version.update(name).update(content);
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("sw.js was not built");
      worker.code = worker.code.replace("__FILES__", JSON.stringify(["./", ...files.keys()])).replace("__VERSION__", version.digest("hex").slice(0, 16));
      for (const name of VARIANTS)
        for (const end of ["mjs", "wasm"]) this.emitFile({ type: "asset", fileName: `ort/${name}.${end}`, source: readFileSync(`${RUNTIME}/${name}.${end}`) });
      const headers = Object.entries(ISOLATED).map(([name, value]) => `  ${name}: ${value}\n`);
      this.emitFile({ type: "asset", fileName: "_headers", source: `/*\n${headers.join("")}` }); // as Netlify and Cloudflare Pages read them
    },
  };
}

export default defineConfig({
  base: "./", // any folder of any host
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "import", "default"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  plugins: [offline()],
  preview: { headers: ISOLATED },
});
