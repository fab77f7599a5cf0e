/** The newest picture of the room's camera with the corners found in it: never a picture with corners of another. */

import type { PictureMessage } from "../protocol.gen.ts";

export interface SeenPicture {
  /** Address that an image can have. */
  readonly address: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Corners of boards, x and y in turn, pixels of this picture. */
  readonly cornersPx: readonly number[];
}

export class RoomPicture {
  readonly #changed: () => void;
  #seen: SeenPicture | null = null;
  #arrived = 0;
  #shown = 0;

  /** `changed` is called whenever `seen` is another one. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get seen(): SeenPicture | null {
    return this.#seen;
  }

  /** Show this picture once it is decoded: drawn earlier, its corners would lie on the picture before. */
  keep({ jpeg, width_px: widthPx, height_px: heightPx, corners_px: cornersPx }: PictureMessage): void {
    const address = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    const number = ++this.#arrived;
    const image = new Image();
    image.src = address;
    image.decode().then(
      () => {
        if (number < this.#shown) URL.revokeObjectURL(address);
        else this.#show({ address, widthPx, heightPx, cornersPx }, number);
      },
      // What is no picture is passed over.
      () => URL.revokeObjectURL(address),
    );
  }

  /** Show none any more, nor one that is still on its way. */
  drop(): void {
    this.#show(null, ++this.#arrived);
  }

  #show(seen: SeenPicture | null, number: number): void {
    if (this.#seen !== null) URL.revokeObjectURL(this.#seen.address);
    this.#seen = seen;
    this.#shown = number;
    this.#changed();
  }
}
