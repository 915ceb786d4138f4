// Build of the console: one page, its scripts and style sheets, served by the api from dist/, and the service worker
// that keeps all of them on a crew's phone.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Writes `sw.js` with the names of everything that was built; another build has another version. */
function worker(): Plugin {
  return {
    name: "liftline-worker",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const source = readFileSync(new URL("./worker/sw.js", import.meta.url), "utf8");
      const page = readFileSync(new URL("./index.html", import.meta.url), "utf8");
      const files = ["./", "./favicon.svg", ...Object.keys(bundle).filter((name) => name.startsWith("assets/")).sort().map((name) => `./${name}`)];
      const version = createHash("sha256").update(source + page + files.join("\n")).digest("hex").slice(0, 16);
      this.emitFile({
        type: "asset", fileName: "sw.js",
        source: source.replace("__FILES__", () => JSON.stringify(files)).replace("__VERSION__", version),
      });
    },
  };
}

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0 },
  plugins: [worker()],
  server: { proxy: { "/api": process.env["LIFTLINE_PUBLIC_URL"] ?? "http://127.0.0.1:8080" } },
});
