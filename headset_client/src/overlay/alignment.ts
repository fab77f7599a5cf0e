/**
 * Where the room stands in this headset's world, and whether that is still known.
 *
 * The world's origin may jump (a long press of the headset's button, a lost map): what was found
 * before then is void, and the overlay stays hidden until the room is placed anew.
 */

import { identity, type Matrix, setFromPose } from "../frames.ts";
import type { Aligned, Room } from "../protocol.gen.ts";
import { poseOfNumbers } from "../net/wire.ts";
import type { ViewFault } from "./state.ts";

export class Alignment {
  readonly #worldFromRoom = identity();
  #room: Room | null = null;
  #version = 0;
  #aligned = false;
  #recentred = false;

  /** The host told where the room is; only a simulated room can be placed without looking for it. */
  take(room: Room): void {
    this.#room = room;
    this.#align();
  }

  /** A session began: its world is new, and the room's place in it is the host's proposal again. */
  begin(): void {
    this.#align();
  }

  /** The reference space was reset: nothing found before holds. */
  recentre(): void {
    this.#aligned = false;
    this.#recentred = true;
  }

  /** Forget everything: another host, or none. */
  clear(): void {
    this.#room = null;
    this.#aligned = false;
    this.#recentred = false;
  }

  /** Grows whenever the room is placed anew. */
  get version(): number {
    return this.#version;
  }

  get worldFromRoom(): Matrix | null {
    return this.#aligned ? this.#worldFromRoom : null;
  }

  /** The message that tells the host, or null while the room is not placed. */
  message(): Aligned | null {
    const room = this.#room;
    if (!this.#aligned || room?.world_from_room == null) return null;
    return {
      type: "aligned",
      version: this.#version,
      room_frame_id: room.room_frame_id,
      world_from_room: room.world_from_room,
      sigma_mm: 0,
    };
  }

  /** Why a pose told in this room frame cannot be placed now, or null. */
  fault(roomFrameId: number | null): ViewFault | null {
    if (this.#recentred) {
      return notAligned("The headset's world was re-centred. Leave AR and enter it again.");
    }
    if (!this.#aligned || (roomFrameId !== null && roomFrameId !== this.#room?.room_frame_id)) {
      return notAligned("This headset is not aligned.");
    }
    return null;
  }

  #align(): void {
    this.#recentred = false;
    const proposal = this.#room?.simulated ? this.#room.world_from_room : null;
    this.#aligned = proposal !== null;
    if (proposal === null) return;
    setFromPose(this.#worldFromRoom, poseOfNumbers(proposal));
    this.#version += 1;
  }
}

function notAligned(why: string): ViewFault {
  return { word: "HOLD", why, reason: "NOT_ALIGNED" };
}
