/**
 * Aligns the headset with the room: by what its own camera sees of the board, by a board it wears for the room's camera,
 * or by the board's corners touched; guides in words, and says what came of it.
 *
 * It begins by itself whenever the room is not found.
 */

import { Group } from "three";

import type { Connection } from "../net/socket.ts";
import type { Alignment } from "../overlay/alignment.ts";
import { aligningWords, type Finder } from "../overlay/aligning_words.ts";
import type { AlignWay } from "../overlay/menu.ts";
import type { HeadsetWorld, Refused } from "../protocol.gen.ts";
import { CornerMarks } from "../scene/corner_marks.ts";
import { Plate } from "../scene/plate.ts";
import type { CameraAccess } from "../xr/camera.ts";
import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";
import { Looking } from "./looking.ts";
import { Touching } from "./touching.ts";
import { Wearing } from "./wearing.ts";

const WORDS_EVERY_MS = 100;
const NO_WAYS: readonly AlignWay[] = [];
const BOTH_WAYS: readonly AlignWay[] = ["camera", "touch"];
const BY_TOUCH: readonly AlignWay[] = ["touch"];
/** How long the good news stays. */
const ALIGNED_FOR_MS = 5000;

export class AligningPart implements HeadsetPart {
  readonly object = new Group();
  readonly #alignment: Alignment;
  readonly #looking: Looking;
  readonly #touching: Touching;
  readonly #wearing: Wearing;
  readonly #plate = new Plate();
  readonly #marks = new CornerMarks();
  #access: CameraAccess | null = null;
  #inSession = false;
  #saidMs = -Infinity;
  #alignedMs: number | null = null;

  constructor(connection: Connection, alignment: Alignment, deviceName: string) {
    this.#alignment = alignment;
    this.#looking = new Looking(connection, alignment, deviceName);
    this.#touching = new Touching(connection, alignment);
    this.#wearing = new Wearing(connection, alignment);
    this.object.add(this.#plate.object, this.#marks.object);
    void this.#look();
  }

  /** Whether a person should be asked for the headset's camera, by a button, before AR begins. */
  get asksForCamera(): boolean {
    return this.#access === "ask" && this.#alignment.needsLooking;
  }

  /** Ask for the camera; call it from a click. */
  async askForCamera(): Promise<void> {
    this.#access = await this.#looking.camera.ask();
  }

  /** What the plate says, for whoever looks in from outside. */
  get said() {
    return this.#plate.said;
  }

  /** How the room can be found anew now; none while that is not asked of this headset. */
  get ways(): readonly AlignWay[] {
    if (!this.#alignment.needsLooking) return NO_WAYS;
    return this.#finder === null ? BY_TOUCH : BOTH_WAYS;
  }

  /** The host said which board this headset wears; null for none. */
  wear(board: string | null): void {
    this.#wearing.wear(board);
    if (board !== null) this.#touching.stop();
  }

  get #finder(): Finder {
    if (this.#looking.camera.isOpen) return "camera";
    return this.#wearing.board === null ? null : "worn board";
  }

  /** Let go of the alignment and find the room anew. */
  alignAnew(by: AlignWay): void {
    if (!this.#alignment.needsLooking) return;
    this.#alignment.lookAnew();
    this.anew();
    if (by === "touch") this.#touching.begin();
  }

  /** What was seen and touched before is void: another connection, or another world. */
  anew(): void {
    this.#looking.anew();
    this.#wearing.anew();
    this.#touching.stop();
    this.#alignedMs = null;
  }

  /** The host told where it finds the room; `news` is a new place. */
  heard(world: HeadsetWorld, news: boolean): void {
    this.#touching.answered(world, news);
  }

  /** The host does not take what was touched. */
  refused(refusal: Refused): void {
    if (refusal.about === "corners_touched") this.#touching.refused(`${refusal.message} ${refusal.mend}`.trim());
  }

  begin(): void {
    this.#inSession = true;
    this.#access = null;
    this.anew();
    void this.#look();
  }

  end(): void {
    this.#inSession = false;
    this.#touching.stop();
    this.#looking.camera.close();
  }

  frame(frame: HeadsetFrame): void {
    this.#looking.frame(frame);
    this.#wearing.frame(frame);
    this.#touching.frame(frame);
    this.#plate.follow(frame.worldFromHead);
    const { nowMs } = frame;
    if (nowMs - this.#saidMs < WORDS_EVERY_MS) return;
    this.#saidMs = nowMs;
    if (this.#mustTouch()) this.#touching.begin();
    this.#say(nowMs);
  }

  #mustTouch(): boolean {
    return (
      this.#alignment.needsLooking &&
      this.#alignment.worldFromRoom === null &&
      !this.#touching.active &&
      this.#access !== null &&
      this.#finder === null
    );
  }

  #say(nowMs: number): void {
    const { guide, stand } = this.#touching;
    this.#marks.show(stand === null ? [] : guide.touched, stand === null ? null : guide.nextPlace);
    const aligned = this.#alignment.worldFromRoom !== null;
    this.#alignedMs = aligned ? (this.#alignedMs ?? nowMs) : null;
    const isOld = this.#alignedMs !== null && nowMs - this.#alignedMs > ALIGNED_FOR_MS;
    if (!this.#alignment.needsLooking || (isOld && stand === null)) {
      this.#plate.say(null);
      return;
    }
    const words = aligningWords(this.#alignment.world, this.#finder, stand);
    this.#plate.say({
      ...words,
      fraction: stand === null ? null : Math.round(this.#touching.fraction(nowMs) * 20) / 20,
      board:
        stand?.step === "corner"
          ? { corners: guide.corners, done: guide.touched.length }
          : null,
    });
  }

  /** Find out whether there is a camera, and open it while AR runs. */
  async #look(): Promise<void> {
    const access = await this.#looking.camera.access();
    if (this.#inSession && access === "ready" && !(await this.#looking.camera.open())) this.#access = "none";
    else this.#access = access;
    if (!this.#inSession) this.#looking.camera.close();
  }
}
