/**
 * Where the room stands in this headset's world, and whether that is still known.
 *
 * A simulated room is where the host proposes. Any other is where the host finds it from what this headset saw or its
 * wearer touched (`headset_world`). The world's origin may jump (a long press of the headset's button, a lost map):
 * what was found before then is void, and the overlay stays hidden until the room is found anew.
 */

import { identity, type Matrix, setFromPose } from "../frames.ts";
import type { Aligned, HeadsetWorld, Pose, Room } from "../protocol.gen.ts";
import { poseOfNumbers } from "../net/wire.ts";
import type { ViewFault } from "./state.ts";

const RECENTRED_LOOK = notAligned("The headset's world was re-centred: look at the board again.");
const RECENTRED_ENTER = notAligned("The headset's world was re-centred. Leave AR and enter it again.");
const NOT_ALIGNED = notAligned("This headset is not aligned.");

/** Radius of the ball of 95 % in sigmas along one axis, three axes alike. */
const SIGMAS_OF_95 = 2.8;

export class Alignment {
  readonly #worldFromRoom = identity();
  #room: Room | null = null;
  #world: HeadsetWorld | null = null;
  #drifted: ViewFault | null = null;
  #corners: HeadsetWorld["corners"] = [];
  #told: Pose | null = null;
  #version = 0;
  #recentred = false;
  /** The newest alignment of the host's that holds no longer. */
  #voidVersion = -1;
  /** Whether the host may still speak of the world as it was. */
  #awaiting = false;

  /** The host told which room this is, and where it is if it is a simulated one. */
  take(room: Room): void {
    const same = this.#room?.room_frame_id === room.room_frame_id;
    this.#room = room;
    this.#recentred = false;
    if (this.needsLooking) {
      if (same) return;
      this.#voidVersion = -1;
      this.#awaiting = false;
      this.#void();
    } else this.#place(room.world_from_room);
  }

  /** The host told where it finds the room. Returns whether that is another place than before. */
  takeWorld(world: HeadsetWorld): boolean {
    if (!this.needsLooking || world.room_frame_id !== this.#room?.room_frame_id) return false;
    this.#corners = world.corners;
    const found = world.state === "aligned" ? world.world_from_room : null;
    if (found === null) this.#awaiting = false;
    if (this.#awaiting || (found !== null && world.version <= this.#voidVersion)) return false;
    const news = found !== null && (this.#told === null || world.version !== this.#world?.version);
    this.#world = world;
    this.#drifted = world.state === "drifted" ? notAligned(world.words) : null;
    this.#recentred = false;
    if (news || found === null) this.#place(found);
    return news;
  }

  /** A session began: its world is new. A proposal holds in any world. */
  begin(): void {
    this.#recentred = false;
    if (this.needsLooking) this.lookAnew();
    else this.#place(this.#room?.world_from_room ?? null);
  }

  /** The reference space was reset: nothing found before holds. */
  recentre(): void {
    if (this.needsLooking) this.lookAnew();
    else this.#told = null;
    this.#recentred = true;
  }

  /**
   * Let go of where the room was found; only what the host finds from now on counts. It is asked to begin anew by
   * telling it camera or board again, and until it answers it may still speak of the world as it was.
   */
  lookAnew(): void {
    this.#voidVersion = this.#world?.version ?? this.#voidVersion;
    this.#awaiting = true;
    this.#void();
  }

  /** The corners were touched just now: the host's next word is about the world as it is. */
  touched(): void {
    this.#awaiting = false;
  }

  /** Forget everything: another host, another connection, or none. */
  clear(): void {
    this.#room = null;
    this.#corners = [];
    this.#voidVersion = -1;
    this.#awaiting = false;
    this.#recentred = false;
    this.#void();
  }

  /** Whether the room must be found: nobody proposes where it is. */
  get needsLooking(): boolean {
    return this.#room !== null && !(this.#room.simulated && this.#room.world_from_room !== null);
  }

  get roomFrameId(): number | null {
    return this.#room?.room_frame_id ?? null;
  }

  /** Grows whenever the room is placed anew. */
  get version(): number {
    return this.#version;
  }

  get worldFromRoom(): Matrix | null {
    return this.#told === null ? null : this.#worldFromRoom;
  }

  /** What the host last said of where it finds the room, since it was void. */
  get world(): HeadsetWorld | null {
    return this.#world;
  }

  /** The corners of the board that can be touched, board frame; empty before the host told them. */
  get corners(): HeadsetWorld["corners"] {
    return this.#corners;
  }

  /** The message that tells the host, or null while the room is not placed. */
  message(): Aligned | null {
    if (this.#told === null || this.#room === null) return null;
    return {
      type: "aligned",
      version: this.#version,
      room_frame_id: this.#room.room_frame_id,
      world_from_room: this.#told,
      sigma_mm: (this.#world?.expected_error_mm ?? 0) / SIGMAS_OF_95,
    };
  }

  /** Why a pose told in this room frame cannot be placed now, or null. */
  fault(roomFrameId: number | null): ViewFault | null {
    if (this.#recentred) return this.needsLooking ? RECENTRED_LOOK : RECENTRED_ENTER;
    if (this.#drifted !== null) return this.#drifted;
    const isOther = roomFrameId !== null && roomFrameId !== this.#room?.room_frame_id;
    return this.#told === null || isOther ? NOT_ALIGNED : null;
  }

  #void(): void {
    this.#told = null;
    this.#world = null;
    this.#drifted = null;
  }

  #place(worldFromRoom: Pose | null): void {
    this.#told = worldFromRoom;
    if (worldFromRoom === null) return;
    setFromPose(this.#worldFromRoom, poseOfNumbers(worldFromRoom));
    this.#version += 1;
  }
}

function notAligned(why: string): ViewFault {
  return { word: "HOLD", why, reason: "NOT_ALIGNED" };
}
