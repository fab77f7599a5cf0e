/** A QR code as one SVG path: no picture file, sharp at any size. */

import { encode } from "uqr";

export interface QrPath {
  /** Width and height, modules, with the quiet zone of 4 that readers need. */
  readonly size: number;
  readonly path: string;
}

/** The dark modules of a text's QR code, medium error correction. */
export function qrPath(text: string): QrPath {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const runs: string[] = [];
  data.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (x < size && row[x]) x += 1;
      runs.push(`M${start} ${y}h${x - start}v1h${start - x}z`);
    }
  });
  return { size, path: runs.join("") };
}
