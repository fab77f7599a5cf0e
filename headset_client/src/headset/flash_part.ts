/** Shows that this headset is meant, when the nurse asks which one it is. */

import { Group } from "three";

import type { Flash } from "../overlay/flash.ts";
import { Beacon } from "../scene/beacon.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";

export class FlashPart implements HeadsetPart {
  readonly object = new Group();
  readonly #beacon = new Beacon();
  readonly #flash: Flash;

  constructor(flash: Flash) {
    this.#flash = flash;
    this.object.add(this.#beacon.object);
  }

  frame({ nowMs, worldFromHead }: HeadsetFrame): void {
    this.#beacon.show(this.#flash.nameAt(nowMs), this.#flash.isBrightAt(nowMs), worldFromHead);
  }
}
