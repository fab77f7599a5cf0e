/**
 * What the surgeon sees, as far as the room's camera can show it: the model over its picture, judged by the rule that
 * every headset keeps. Loaded by itself, because three.js comes with it.
 */

import type { Connection } from "../../net/socket.ts";
import type { Arrival } from "../../net/wire.ts";
import { Dressing } from "../../observing/dressing.ts";
import { Evidence } from "../../observing/evidence.ts";
import { PictureView } from "../../observing/picture_view.ts";
import { Told } from "../../observing/told.ts";
import type { HostMessage } from "../../protocol.gen.ts";
import { isSoftware, rendererName } from "../../scene/card.ts";
import { ModelKeeper, type VerifiedModel } from "../../scene/model.ts";
import { Stage } from "../../scene/stage.ts";

/** How much of the window's height the picture takes at most. */
const MOST_HEIGHT = 0.55;

export class SurgeonView {
  readonly canvas = document.createElement("canvas");
  readonly #stage: Stage;
  readonly #told = new Told();
  readonly #evidence: Evidence;
  readonly #models: ModelKeeper;
  readonly #dressing: Dressing;
  readonly #picture: PictureView;
  #frame = 0;
  #why = "";

  /** Throws where this browser cannot draw in 3D. */
  constructor(connection: Connection, label: string) {
    const name = rendererName();
    if (name === null) throw new Error("WebGL 2 is missing.");
    const economy = isSoftware(name);
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.#stage = new Stage(this.canvas, economy);
    this.#evidence = new Evidence(this.#told, connection);
    this.#models = new ModelKeeper(economy, this.#stage.wardrobe, {
      onModel: (model) => this.#setModel(model),
      onFault: (sentence) => {
        this.#evidence.modelFault = sentence;
      },
    });
    this.#dressing = new Dressing(this.#told, this.#stage, this.#models, () => this.#picture.redraw());
    this.#picture = new PictureView(this.#stage, this.#evidence, () => ({
      width: this.canvas.parentElement?.clientWidth || 640,
      height: MOST_HEIGHT * window.innerHeight,
    }));
  }

  /** Why the model is not drawn; empty while it is. */
  get why(): string {
    return this.#why;
  }

  hear(message: Arrival): void {
    if ("type" in message) this.take(message);
    else if (message.kind === "picture") {
      if (this.#frame !== 0) this.#picture.takePicture(message);
    } else if (this.#evidence.newest.accept(message, performance.now())) this.#picture.takePose(message);
  }

  /** Take what the host said, now or before this view was there. */
  take(message: HostMessage): void {
    if (message.type === "welcome") {
      this.#told.begin(message);
      this.#evidence.newest.clear();
    } else this.#told.take(message);
    if (message.type === "session") {
      if (message.state === "OFF") this.forget();
      else this.#models.want(message.model, message.structures);
      this.#dressing.heard();
    } else if (message.type === "view" || message.type === "plan") this.#dressing.heard();
  }

  start(): void {
    if (this.#frame !== 0) return;
    const draw = () => {
      this.#frame = requestAnimationFrame(draw);
      const standing = this.#picture.frame(performance.now());
      this.#why = standing.visible ? "" : standing.why;
    };
    draw();
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#picture.clear();
  }

  /** Let go of model, pictures and poses: nothing of the patient outlives the session. */
  forget(): void {
    this.#evidence.newest.clear();
    this.#picture.clear();
    this.#models.want(null, []);
  }

  #setModel(model: VerifiedModel | null): void {
    this.#evidence.model = model;
    this.#stage.setModel(model?.dressed ?? null, this.#told.session?.target_key ?? null);
    this.#picture.redraw();
  }
}
