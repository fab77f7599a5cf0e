/** What the room's camera sees, live, with a cross at every corner that was found. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { t } from "./messages/messages.ts";
import type { SeenPicture } from "./room_picture.ts";

const ARM_PX = 4;

/** Crosses as one path: two strokes each. */
export function crosses(cornersPx: readonly number[]): string {
  let path = "";
  for (let index = 0; index + 1 < cornersPx.length; index += 2) {
    const x = cornersPx[index]!.toFixed(1);
    const y = cornersPx[index + 1]!.toFixed(1);
    path += `M${x} ${y}m-${ARM_PX} 0h${2 * ARM_PX}M${x} ${y}m0-${ARM_PX}v${2 * ARM_PX}`;
  }
  return path;
}

/** The picture, or that it is on its way. */
export function seenTemplate(seen: SeenPicture | null): TemplateResult {
  if (seen === null) return html`<figure class="seen"><p class="hint">${t("camera.waiting_picture")}</p></figure>`;
  const { address, widthPx, heightPx, cornersPx } = seen;
  const path = crosses(cornersPx);
  // Pixel (0, 0) is the middle of the first pixel: the picture begins half a pixel before it.
  return html`<figure class="seen">
    <div class="under-crosses">
      <img src=${address} width=${widthPx} height=${heightPx} decoding="sync" alt=${t("camera.picture")} />
      <svg viewBox="-0.5 -0.5 ${widthPx} ${heightPx}" aria-hidden="true">
        ${path === "" ? nothing : svg`<path class="under" d=${path} /><path d=${path} />`}
      </svg>
    </div>
    <figcaption class="number">${t("camera.corners", { count: cornersPx.length / 2 })}</figcaption>
  </figure>`;
}
