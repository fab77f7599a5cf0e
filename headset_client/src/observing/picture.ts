/** JPEG to bitmap, one at a time: while one is decoded only the newest of those that came waits. */

import type { PictureMessage } from "../protocol.gen.ts";

/** A picture ready to draw, with the message it came in. */
export class DecodedPicture {
  readonly message: PictureMessage;
  readonly bitmap: ImageBitmap;

  constructor(message: PictureMessage, bitmap: ImageBitmap) {
    this.message = message;
    this.bitmap = bitmap;
  }

  get taken_ns(): number {
    return this.message.taken_ns;
  }

  /** Free the pixels now, not when the collector comes. */
  release(): void {
    this.bitmap.close();
  }
}

export class PictureDecoder {
  readonly #onPicture: (picture: DecodedPicture) => void;
  #busy = false;
  #next: PictureMessage | null = null;

  constructor(onPicture: (picture: DecodedPicture) => void) {
    this.#onPicture = onPicture;
  }

  decode(message: PictureMessage): void {
    this.#next = message;
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let message = this.#take(); message !== null; message = this.#take()) {
      try {
        const blob = new Blob([message.jpeg], { type: "image/jpeg" });
        // WebGL's textures begin at the bottom; bitmaps cannot be turned over when they are uploaded.
        this.#onPicture(new DecodedPicture(message, await createImageBitmap(blob, { imageOrientation: "flipY" })));
      } catch {
        // A broken picture is no picture: the page hides the overlay when none comes.
      }
    }
    this.#busy = false;
  }

  #take(): PictureMessage | null {
    const message = this.#next;
    this.#next = null;
    return message;
  }
}
