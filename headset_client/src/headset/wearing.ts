/** Tells the host where the head is, for a headset that wears a board which the room's camera looks for. */

import { isUsable } from "../net/clock.ts";
import type { Connection } from "../net/socket.ts";
import type { Alignment } from "../overlay/alignment.ts";
import { HeadHistory } from "../overlay/head_history.ts";
import { MAX_WORN_HEADS, type Pose, type Wearing as WearingMessage } from "../protocol.gen.ts";
import type { HeadsetFrame } from "./headset_view.ts";

/** Where a board is stuck to a headset nobody knows here: above the brow, somehow. The host finds it. */
const ROUGH_PLACE: Pose = [0, 0.1, 0, 1, 0, 0, 0];
const ROUGH_SIGMA_MM = 200;
const ROUGH_SIGMA_RAD = 1.5;
/** The host wants them five times a second at least. */
const EVERY_MS = 120;

/** The board that this device wears, as the host tells it; null for none. */
export function boardOf(message: WearingMessage, deviceId: string | null): string | null {
  return message.boards.find((entry) => deviceId !== null && entry.device_id === deviceId)?.board ?? null;
}

export class Wearing {
  readonly #connection: Connection;
  readonly #alignment: Alignment;
  readonly #heads = new HeadHistory();
  #board: string | null = null;
  #isTold = false;
  #sentMs = -Infinity;

  constructor(connection: Connection, alignment: Alignment) {
    this.#connection = connection;
    this.#alignment = alignment;
  }

  /** The name of the board this device wears; null for none. */
  get board(): string | null {
    return this.#board;
  }

  /** The host said which board this device wears. */
  wear(board: string | null): void {
    if (board === this.#board) return;
    this.#board = board;
    this.anew();
  }

  /** What the host saw of this headset before is void: it is told the board again. */
  anew(): void {
    this.#isTold = false;
    this.#heads.clear();
  }

  frame({ nowMs, xr, headKnown, worldFromHead }: HeadsetFrame): void {
    if (this.#board === null || !headKnown || !this.#alignment.needsLooking) return;
    this.#heads.add(xr.predictedDisplayTime ?? nowMs, worldFromHead);
    if (nowMs - this.#sentMs < EVERY_MS && this.#heads.waiting < MAX_WORN_HEADS) return;
    const estimate = this.#connection.clock.estimate(nowMs);
    if (!isUsable(estimate) || !this.#connection.isFree) return;
    this.#sentMs = nowMs;
    if (!this.#isTold) this.#tell(this.#board);
    const heads = this.#heads.take(MAX_WORN_HEADS, estimate.offsetMs).map(({ at_ns, position_m, quat_xyzw }) => ({
      at_ns,
      world_from_headset: [...position_m, ...quat_xyzw] as unknown as Pose,
    }));
    this.#connection.send({ type: "heads", heads });
  }

  #tell(board: string): void {
    this.#isTold = true;
    this.#connection.send({
      type: "headset_board",
      board,
      headset_from_board: ROUGH_PLACE,
      place_sigma_mm: ROUGH_SIGMA_MM,
      place_sigma_rad: ROUGH_SIGMA_RAD,
    });
  }
}
