/** The newest picture of the room's camera, as an address that an image can have. */

export class RoomPicture {
  #address: string | null = null;

  get address(): string | null {
    return this.#address;
  }

  /** Keep this picture and let the one before go; null keeps none. */
  keep(jpeg: Uint8Array<ArrayBuffer> | null): void {
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#address = jpeg === null ? null : URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
  }
}
