import { defineConfig, type Plugin } from "vite";

/**
 * Shader text of three.js that none of our materials includes in use: shadows, physical, phong and toon shading, normal
 * and bump maps, skinning, morphing. Basic, Lambert, matcap and sprite materials are all that is drawn with; without
 * the rest the headset page is 13 kB smaller.
 */
const UNUSED_CHUNKS =
  /^(shadowmap_|lights_physical_|lights_phong_|lights_toon_|transmission_|iridescence_|clearcoat_|envmap_physical_|lightprobes_pars|bumpmap_|normalmap_|gradientmap_|morph|skin|cube_uv_)/;
const UNUSED_PROGRAMS = /^#define (STANDARD|PHONG|TOON|NORMAL|DISTANCE)\\n/;
const SHADER_TEXT = /^(const|var) ([\w$]+) = "(.*)";$/gm;

function withoutUnusedShaders(): Plugin {
  return {
    name: "without-unused-shaders",
    apply: "build",
    transform(code, id) {
      if (!id.endsWith("/three/build/three.module.js")) return null;
      let left = 0;
      const lean = code.replace(SHADER_TEXT, (whole, word: string, name: string, text: string) => {
        if (!UNUSED_CHUNKS.test(name) && !UNUSED_PROGRAMS.test(text)) return whole;
        left += 1;
        return `${word} ${name} = "";`;
      });
      if (left < 30) this.error(`three.js names its shaders anew: only ${left} unused ones were found.`);
      return { code: lean, map: null };
    },
  };
}

// Two pages, no inlined assets: the host serves them under a content security policy that allows
// neither inline scripts nor inline styles nor data: scripts.
export default defineConfig({
  base: "/",
  publicDir: "public",
  plugins: [withoutUnusedShaders()],
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
