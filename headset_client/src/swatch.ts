/** A sample of a look for the legends of both pages, told apart by its shape as well as its colour. */

import { html, svg, type TemplateResult } from "lit-html";

import type { Look } from "./overlay/look.ts";

/** A dot for solid, a dashed one for what moves, dots of a ring for what came loose, a ring for an outline, a cross for nothing. */
export function swatch(color: readonly number[], look: Look): TemplateResult {
  return html`<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">${shape(rgbOf(color), look)}</svg>`;
}

/** A sample of a colour that is painted on a surface. */
export function patch(color: readonly number[]): TemplateResult {
  return html`<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
    ${svg`<rect x="1" y="3" width="18" height="14" fill=${rgbOf(color)} stroke="currentColor" />`}
  </svg>`;
}

function rgbOf(color: readonly number[]): string {
  return `rgb(${color.map((part) => Math.round(part * 255)).join(" ")})`;
}

function shape(rgb: string, { style, opacity, ghost, loose }: Look): TemplateResult {
  const dashes = loose ? "1.8 4.5" : ghost ? "3.5 2.4" : "none";
  switch (style) {
    case "solid":
      return svg`<circle cx="10" cy="10" r="8" fill=${rgb} />`;
    case "see_through":
      return svg`<circle cx="10" cy="10" r="7.5" fill=${rgb} fill-opacity=${0.75 * opacity} stroke=${rgb}
        stroke-width="2" stroke-dasharray=${dashes} />`;
    case "outline":
      return svg`<circle cx="10" cy="10" r="7" fill="none" stroke=${rgb} stroke-width="3" stroke-dasharray=${dashes} />`;
    case "hidden":
      return svg`<path d="M4 4 16 16 M16 4 4 16" stroke=${rgb} stroke-width="2" />`;
  }
}
