// Build of the console: one page, one script, one style sheet, served by the api from dist/.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0 },
  server: { proxy: { "/api": process.env["LIFTLINE_PUBLIC_URL"] ?? "http://127.0.0.1:8080" } },
});
