import { defineConfig } from "vite";

// Two pages, no inlined assets: the host serves them under a content security policy that allows
// neither inline scripts nor inline styles nor data: scripts.
export default defineConfig({
  base: "/",
  publicDir: "public",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: { input: ["headset.html", "console.html"] },
  },
});
