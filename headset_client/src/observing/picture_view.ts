/** The observer's view: the model over the room camera's pictures, each with the pose of its own moment. */

import type { Size } from "../frames.ts";
import { lensOf, poseOf } from "../net/wire.ts";
import { isPictureRecent, type Pair, Pairing } from "../overlay/pairing.ts";
import type { Standing, ViewFault } from "../overlay/state.ts";
import type { PictureMessage, PoseMessage } from "../protocol.gen.ts";
import { setBackground, type Stage } from "../scene/stage.ts";
import type { Evidence } from "./evidence.ts";
import { DecodedPicture, PictureDecoder } from "./picture.ts";

type PictureAndPose = Pair<DecodedPicture, PoseMessage>;

export class PictureView {
  readonly #stage: Stage;
  readonly #evidence: Evidence;
  readonly #within: () => Size;
  readonly #pairing = new Pairing<DecodedPicture, PoseMessage>((picture) => picture.release());
  readonly #decoder = new PictureDecoder((picture) => this.#pairing.addPicture(picture, performance.now()));
  #drawn: DecodedPicture | null = null;
  #pose: PoseMessage | null = null;
  #stale = true;

  /** `within` tells how much room there is, px of the page. */
  constructor(stage: Stage, evidence: Evidence, within: () => Size) {
    this.#stage = stage;
    this.#evidence = evidence;
    this.#within = within;
    window.addEventListener("resize", () => this.redraw());
  }

  get hasPicture(): boolean {
    return this.#drawn !== null;
  }

  takePicture(message: PictureMessage): void {
    this.#decoder.decode(message);
  }

  takePose(pose: PoseMessage): void {
    if (pose.state === "LIVE") this.#pairing.addPose(pose);
  }

  /** The pose the model stands at. */
  get pose(): PoseMessage | null {
    return this.#pose;
  }

  /** Draw anew even where neither picture nor state changed. */
  redraw(): void {
    this.#stale = true;
  }

  /** Let go of every picture: another host, or AR begins. */
  clear(): void {
    this.#pairing.clear();
    this.#setPicture(null);
  }

  /** Draw what is new; returns how the overlay stands. */
  frame(nowMs: number): Standing {
    const pair = this.#pairing.choose(nowMs);
    const standing = this.#evidence.standing(nowMs, this.#fault(nowMs, pair));
    const picture = pair?.picture ?? null;
    const same = standing.visible === this.#stage.shows && standing.faded === this.#stage.faded;
    if (!this.#stale && picture === this.#drawn && same) return standing;
    this.#stale = false;
    if (picture !== this.#drawn) this.#setPicture(picture);
    this.#stage.setVisible(standing.visible);
    this.#stage.setFaded(standing.faded);
    if (pair !== null) this.#draw(pair);
    return standing;
  }

  #draw({ picture: { message }, pose }: PictureAndPose): void {
    this.#stage.resize({ width: message.width_px, height: message.height_px }, this.#within(), window.devicePixelRatio);
    this.#pose = pose;
    if (pose !== null) this.#stage.place(poseOf(pose), null);
    this.#stage.drawOverPicture(lensOf(message), poseOf(message));
  }

  #fault(nowMs: number, pair: PictureAndPose | null): ViewFault | null {
    if (pair === null || !isPictureRecent(pair, nowMs)) return lost("No picture comes from the camera.");
    if (pair.pose === null) return lost("The pose of this picture did not come.");
    const newest = this.#evidence.newest.pose;
    if (pair.pose.model_prefix !== newest?.model_prefix) return lost("The picture is of another model.");
    if (pair.pose.plan_prefix !== newest.plan_prefix || pair.pose.stage !== newest.stage) {
      return lost("The picture is of another stage of the plan.");
    }
    if (pair.pose.room_frame_id !== pair.picture.message.room_frame_id) return lost("Picture and pose do not meet.");
    return null;
  }

  #setPicture(picture: DecodedPicture | null): void {
    this.#drawn = picture;
    setBackground(this.#stage.scene, picture?.bitmap ?? null);
    this.#stage.renderer.domElement.hidden = picture === null;
  }
}

function lost(why: string): ViewFault {
  return { word: "LOST", why, reason: "NOT_ALIGNED" };
}
