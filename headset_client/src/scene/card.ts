/**
 * Whether a graphics card draws, or the processor must.
 *
 * Without a card a frame of the full headset model takes most of a second: the picture would stand
 * still, and a stale one could not be taken away in time. Such machines get the coarse model, which
 * is as true, and no smoothing of edges.
 */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Whether a renderer of this name draws without a graphics card. */
export function isSoftware(rendererName: string): boolean {
  return SOFTWARE.test(rendererName);
}

/** The name of what draws WebGL in this browser; empty where it does not say, null where nothing does. */
export function rendererName(): string | null {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return null;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" ? name : "";
}
