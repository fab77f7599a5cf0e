/** Has the corners of the board touched, with a finger or with a controller whose tip is found first, and tells them. */

import { identity } from "../frames.ts";
import type { Connection } from "../net/socket.ts";
import type { Alignment } from "../overlay/alignment.ts";
import type { TouchStand } from "../overlay/aligning_words.ts";
import { Pivot, type Tip } from "../overlay/pivot.ts";
import type { Point } from "../overlay/points.ts";
import { TouchGuide } from "../overlay/touch_guide.ts";
import type { HeadsetWorld } from "../protocol.gen.ts";
import { fingerIn, gripInto, heldController, type TipHere } from "../xr/tips.ts";
import type { HeadsetFrame } from "./headset_view.ts";

/** One sigma along each axis of where a headset tracks its controllers: a guess on the safe side. */
const CONTROLLER_SIGMA_M = 0.001;
/** What a tip is wrong by is nearly the same in all four touches, which do not average it. */
const SHARED = 2;
const ANSWER_MS = 3000;

export class Touching {
  readonly guide = new TouchGuide();
  readonly #connection: Connection;
  readonly #alignment: Alignment;
  readonly #pivot = new Pivot();
  readonly #tips = new Map<string, Tip>();
  readonly #worldFromGrip = identity();
  #active = false;
  #sentMs: number | null = null;
  #pivoting = false;
  #tool: TipHere["tool"] | null = null;
  #trouble = "";

  constructor(connection: Connection, alignment: Alignment) {
    this.#connection = connection;
    this.#alignment = alignment;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Begin with the first corner; does nothing before the host told the corners. */
  begin(): void {
    const { corners } = this.#alignment;
    if (corners.length === 0) return;
    this.#active = true;
    this.#sentMs = null;
    this.#trouble = "";
    this.guide.begin(corners.map((corner) => corner.place_m as unknown as Point));
  }

  stop(): void {
    this.#active = false;
  }

  /** The host does not take the touches. */
  refused(message: string): void {
    if (!this.#active) return;
    this.begin();
    this.#trouble = message;
  }

  /** The host said where it finds the room; `news` is a new alignment. */
  answered(world: HeadsetWorld, news: boolean): void {
    if (!this.#active || this.#sentMs === null) return;
    if (news) this.stop();
    else if (world.state !== "aligned") this.refused(world.words);
  }

  /** How it stands, for the words; null while nothing is touched. */
  get stand(): TouchStand | null {
    if (!this.#active) return null;
    const count = this.guide.corners.length;
    return {
      step: this.#sentMs !== null ? "waiting" : this.#pivoting ? "pivot" : "corner",
      number: Math.min(this.guide.touched.length + 1, count),
      count,
      tool: this.#tool,
      trouble: this.#trouble,
    };
  }

  /** How much of the rest, or of the turning, is done: 0 to 1. */
  fraction(nowMs: number): number {
    return this.#pivoting ? this.#pivot.fraction : this.guide.fraction(nowMs);
  }

  frame(frame: HeadsetFrame): void {
    if (!this.#active) return;
    if (this.#sentMs !== null) {
      if (frame.nowMs - this.#sentMs > ANSWER_MS) this.refused("The host did not answer. Touch the corners again.");
      return;
    }
    const tip = this.#tip(frame);
    this.#tool = tip?.tool ?? this.#tool;
    const news = this.guide.add(frame.nowMs, tip?.at ?? null, { name: tip?.tool ?? "fingertip", sigma: tip?.sigma ?? 0 });
    if (news === "taken") this.#trouble = "";
    else if (news === "wrong") this.#trouble = this.#wrong();
    else if (news === "complete") this.#send(frame.nowMs);
  }

  #wrong(): string {
    const again = this.guide.touched.length === 0 ? "both corners" : "it";
    return `That is ${this.guide.offMm} mm off. Touch ${again} again.`;
  }

  #send(nowMs: number): void {
    const frameId = this.#alignment.roomFrameId;
    if (frameId === null) return;
    this.#trouble = "";
    this.#sentMs = nowMs;
    this.#alignment.touched();
    this.#connection.send({
      type: "corners_touched",
      room_frame_id: frameId,
      touched: this.guide.touched.map((place) => ({ place_m: [...place] })),
      sigma_mm: this.guide.sigma * 1000,
    });
  }

  #tip({ session, xr, space, worldFromHead, headKnown }: HeadsetFrame): TipHere | null {
    if (!headKnown) return null;
    const controller = heldController(session);
    if (controller === null) {
      this.#pivoting = false;
      return fingerIn(session, xr, space, worldFromHead);
    }
    if (!gripInto(this.#worldFromGrip, controller, xr, space)) return null;
    const name = `${controller.handedness} ${controller.profiles[0] ?? ""}`;
    const known = this.#tips.get(name);
    if (known === undefined) {
      this.#find(name);
      return null;
    }
    return {
      at: this.#inWorld(known),
      tool: "controller tip",
      sigma: Math.hypot(CONTROLLER_SIGMA_M, SHARED * known.sigma),
    };
  }

  #find(name: string): void {
    if (!this.#pivoting) {
      this.#pivoting = true;
      this.#pivot.clear();
    }
    this.#pivot.add(this.#worldFromGrip);
    const { news, tip } = this.#pivot.result();
    if (tip !== null) {
      this.#tips.set(name, tip);
      this.guide.mustLeave(this.#inWorld(tip));
      this.#pivoting = false;
      this.#trouble = "";
    } else if (news === "slipped") {
      this.#trouble = "The tip slipped. Rest it in the dimple and tilt it slowly.";
      this.#pivot.clear();
    }
  }
  #inWorld({ inGrip: [x, y, z] }: Tip): Point {
    const m = this.#worldFromGrip;
    return [
      m[0]! * x + m[4]! * y + m[8]! * z + m[12]!,
      m[1]! * x + m[5]! * y + m[9]! * z + m[13]!,
      m[2]! * x + m[6]! * y + m[10]! * z + m[14]!,
    ];
  }
}
