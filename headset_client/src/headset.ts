/** The surgeon's page: wires the socket, the model, the judge and the two views (picture, headset) together. */

import { render } from "lit-html";

import { deviceName } from "./device.ts";
import { ModelKeeper, type VerifiedModel } from "./model.ts";
import { Alignment } from "./overlay/alignment.ts";
import { NewestPose } from "./overlay/freshness.ts";
import { isPictureRecent, Pairing } from "./overlay/pairing.ts";
import { judge, type Standing, type ViewFault } from "./overlay/state.ts";
import { ageText, expectedErrorText, RESEARCH_USE } from "./overlay/words.ts";
import { pageTemplate } from "./page.ts";
import { DecodedPicture, PictureDecoder } from "./picture.ts";
import type { PictureMessage, PoseMessage, Session, Welcome } from "./protocol.gen.ts";
import { isSoftware, rendererName } from "./scene/card.ts";
import { Panel } from "./scene/panel.ts";
import { setBackground, Stage } from "./scene/stage.ts";
import { Connection, rememberedToken } from "./socket.ts";
import { type Arrival, codeFrom, credentialFromFragment, lensOf, poseOf } from "./wire.ts";
import { arIsSupported, ArView } from "./xr.ts";

const WORDS_EVERY_MS = 200;
const REPORT_EVERY_MS = 1000;
const JOIN_HINT = { message: "Scan the QR code on the nurse's console, or type its six digits.", mend: "" };

class HeadsetPage {
  readonly #words: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #stage: Stage;
  readonly #panel = new Panel();
  readonly #ar: ArView;
  readonly #alignment = new Alignment();
  readonly #models: ModelKeeper;
  readonly #pairing = new Pairing<DecodedPicture, PoseMessage>((picture) => picture.release());
  readonly #decoder = new PictureDecoder((picture) => this.#pairing.addPicture(picture, performance.now()));
  readonly #connection: Connection;
  readonly #newest = new NewestPose<PoseMessage>();
  readonly #arSupported: boolean;

  #welcome: Welcome | null = null;
  #session: Session | null = null;
  #model: VerifiedModel | null = null;
  #modelFault: string | null = null;
  #door: { message: string; mend: string } | null = null;
  #trouble = "";
  #standing: Standing | null = null;
  #drawnPicture: DecodedPicture | null = null;
  #stale = true;
  #wordsMs = -Infinity;
  #reportMs = 0;
  #frames = 0;

  constructor(words: HTMLElement, canvas: HTMLCanvasElement, arSupported: boolean) {
    this.#words = words;
    this.#canvas = canvas;
    this.#arSupported = arSupported;
    const economy = isSoftware(rendererName());
    this.#stage = new Stage(canvas, economy);
    this.#stage.scene.add(this.#panel.object);
    this.#connection = new Connection(
      arSupported ? "surgeon" : "observer",
      deviceName(navigator.userAgent, arSupported ? "headset" : "viewer"),
      {
        onWelcome: (welcome) => this.#welcomed(welcome),
        onShutOut: (refusal) => this.#shutOut(refusal),
        onMessage: (message, arrivedMs) => this.#heard(message, arrivedMs),
      },
    );
    this.#models = new ModelKeeper(economy, {
      onModel: (model) => this.#setModel(model),
      onFault: (sentence) => {
        this.#modelFault = sentence;
      },
    });
    this.#ar = new ArView(this.#stage.renderer, economy, {
      onStart: () => this.#arStarted(),
      onEnd: () => this.#arEnded(),
      onReset: () => this.#alignment.recentre(),
    });
    window.addEventListener("resize", () => {
      this.#stale = true;
    });
  }

  /** Join with the code or token of the address, or of an earlier visit, or ask for a code; then draw for ever. */
  run(): void {
    const credential = credentialFromFragment(location.hash) ?? rememberedToken();
    // A code is good once and a token opens the door: neither stays in the address bar.
    history.replaceState(null, "", location.pathname);
    if (credential === null) this.#door = JOIN_HINT;
    else this.#connection.join(credential);
    this.#stage.renderer.setAnimationLoop((_time, frame?: XRFrame) => this.#frame(performance.now(), frame));
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#session = null;
    this.#door = null;
    this.#newest.clear();
    this.#alignment.clear();
    this.#watch();
  }

  #shutOut(refusal: { message: string; mend: string }): void {
    this.#welcome = null;
    this.#forget();
    this.#door = { message: refusal.message, mend: refusal.mend };
  }

  /** Let go of the session and everything of the patient. */
  #forget(): void {
    this.#session = null;
    this.#newest.clear();
    this.#pairing.clear();
    this.#setPicture(null);
    this.#models.want(null, []);
  }

  #heard(message: Arrival, arrivedMs: number): void {
    if ("kind" in message) {
      if (message.kind === "pose") this.#heardPose(message, arrivedMs);
      else if (!this.#ar.presenting) this.#decoder.decode(message);
      return;
    }
    switch (message.type) {
      case "session":
        this.#session = message;
        // A host that is OFF may still have a case chosen; nothing of a patient stays here then.
        this.#models.want(message.state === "OFF" ? null : message.model, message.structures);
        break;
      case "room":
        this.#alignment.take(message);
        if (this.#ar.presenting) this.#tellAlignment();
        break;
      case "notice":
        this.#trouble = message.text;
        break;
      default:
    }
  }

  #heardPose(pose: PoseMessage, arrivedMs: number): void {
    if (this.#newest.accept(pose, arrivedMs) && pose.state === "LIVE") this.#pairing.addPose(pose);
  }

  #setModel(model: VerifiedModel | null): void {
    this.#model = model;
    this.#stage.setModel(model?.root ?? null);
    this.#stale = true;
  }

  #watch(): void {
    this.#connection.send({ type: "watch", pictures: !this.#ar.presenting });
  }

  #tellAlignment(): void {
    const message = this.#alignment.message();
    if (message !== null) this.#connection.send(message);
  }

  #arStarted(): void {
    this.#trouble = "";
    this.#alignment.begin();
    this.#tellAlignment();
    this.#pairing.clear();
    this.#setPicture(null);
    this.#watch();
    this.#words.hidden = true;
    this.#canvas.hidden = false;
    this.#panel.object.visible = true;
  }

  #arEnded(): void {
    this.#words.hidden = false;
    this.#canvas.hidden = true;
    this.#panel.object.visible = false;
    this.#stale = true;
    this.#watch();
  }

  #frame(nowMs: number, frame: XRFrame | undefined): void {
    this.#frames += 1;
    if (this.#ar.presenting && frame !== undefined) this.#frameInHeadset(nowMs, frame);
    else if (!this.#ar.presenting) this.#frameOverPicture(nowMs);
    if (nowMs - this.#reportMs >= REPORT_EVERY_MS) this.#report(nowMs);
  }

  #frameInHeadset(nowMs: number, frame: XRFrame): void {
    const pose = this.#newest.pose;
    const headKnown = this.#ar.headInto(this.#panel.head, frame);
    const standing = this.#judge(nowMs, this.#headsetFault(headKnown, pose));
    this.#stage.setVisible(standing.visible);
    if (standing.visible && pose !== null) this.#stage.place(poseOf(pose), this.#alignment.worldFromRoom);
    this.#say(nowMs, standing);
    this.#panel.follow();
    this.#stage.drawInHeadset();
  }

  #headsetFault(headKnown: boolean, pose: PoseMessage | null): ViewFault | null {
    if (!this.#ar.inSight) return { word: "HOLD", why: "The headset's own menu is open.", reason: "NOT_ALIGNED" };
    if (!headKnown) return { word: "LOST", why: "The headset does not know where it is.", reason: "NOT_ALIGNED" };
    return this.#alignment.fault(pose?.room_frame_id ?? null);
  }

  #frameOverPicture(nowMs: number): void {
    const pair = this.#pairing.choose(nowMs);
    const standing = this.#judge(nowMs, this.#pictureFault(nowMs, pair));
    const changed = this.#stale || pair?.picture !== this.#drawnPicture || standing.visible !== this.#stage.shows;
    if (changed) {
      this.#stale = false;
      if (pair?.picture !== this.#drawnPicture) this.#setPicture(pair?.picture ?? null);
      this.#stage.setVisible(standing.visible);
      if (pair !== null) {
        const { width_px: width, height_px: height } = pair.picture.message;
        const within = { width: window.innerWidth, height: window.innerHeight };
        this.#stage.resize({ width, height }, within, window.devicePixelRatio);
        if (pair.pose !== null) this.#stage.place(poseOf(pair.pose), null);
        this.#stage.drawOverPicture(lensOf(pair.picture.message), poseOf(pair.picture.message));
      }
    }
    this.#say(nowMs, standing);
  }

  #pictureFault(
    nowMs: number,
    pair: { picture: { message: PictureMessage }; pose: PoseMessage | null; arrivedMs: number } | null,
  ): ViewFault | null {
    const lost = (why: string): ViewFault => ({ word: "LOST", why, reason: "NOT_ALIGNED" });
    if (pair === null || !isPictureRecent(pair, nowMs)) return lost("No picture comes from the camera.");
    if (pair.pose === null) return lost("The pose of this picture did not come.");
    if (pair.pose.model_prefix !== this.#newest.pose?.model_prefix) return lost("The picture is of another model.");
    if (pair.pose.room_frame_id !== pair.picture.message.room_frame_id) return lost("Picture and pose do not meet.");
    return null;
  }

  #setPicture(picture: DecodedPicture | null): void {
    this.#drawnPicture = picture;
    setBackground(this.#stage.scene, picture?.bitmap ?? null);
    this.#canvas.hidden = picture === null && !this.#ar.presenting;
  }

  #judge(nowMs: number, viewFault: ViewFault | null): Standing {
    return judge({
      joined: this.#welcome !== null,
      connected: this.#connection.state === "connected",
      session: this.#session,
      pose: this.#newest.pose,
      ages: this.#newest.ages(nowMs, this.#connection.clock.estimate(nowMs)),
      shownDigest: this.#model?.digest ?? null,
      modelFault: this.#modelFault,
      viewFault,
    });
  }

  /** Since the camera saw what the newest pose tells, at most; null while that is unknown. */
  #poseAgeMs(nowMs: number): number | null {
    return this.#newest.ages(nowMs, this.#connection.clock.estimate(nowMs))?.sightMs ?? null;
  }

  /** Say how things stand: at once when the word or the reason changes, else a few times a second. */
  #say(nowMs: number, standing: Standing): void {
    const before = this.#standing;
    const changed = before?.word !== standing.word || before.why !== standing.why;
    this.#standing = standing;
    if (!changed && nowMs - this.#wordsMs < WORDS_EVERY_MS) return;
    this.#wordsMs = nowMs;
    const age = ageText(this.#poseAgeMs(nowMs));
    if (this.#ar.presenting) this.#sayInHeadset(standing, age);
    else this.#sayOnPage(standing, age);
  }

  #sayOnPage(standing: Standing, age: string): void {
    render(
      pageTemplate(
        {
          welcome: this.#welcome,
          session: this.#session,
          standing,
          caution: this.#caution,
          age,
          hasPicture: this.#drawnPicture !== null,
          arSupported: this.#arSupported,
          trouble: this.#trouble,
          door: this.#door,
        },
        {
          enterAr: () => void this.#enterAr(),
          submitCode: (event) => this.#submitCode(event),
        },
      ),
      this.#words,
    );
  }

  #sayInHeadset(standing: Standing, age: string): void {
    const session = this.#session;
    const target = session?.structures.find((structure) => structure.key === session.target_key)?.name;
    this.#panel.say({
      word: standing.word,
      why: standing.why,
      error:
        session === null || target === undefined
          ? ""
          : `Expected error at ${target} ${expectedErrorText(session.expected_error_mm)}`,
      age: `pose ${age}`,
      caution: this.#caution,
      simulated: this.#welcome?.simulated ?? false,
    });
  }

  /** The host's wording where it gave one, never none. */
  get #caution(): string {
    return this.#welcome?.research_use || RESEARCH_USE;
  }

  async #enterAr(): Promise<void> {
    try {
      await this.#ar.enter();
    } catch {
      this.#trouble = "The headset did not start AR. Allow it for this page and try again.";
    }
  }

  #submitCode(event: SubmitEvent): void {
    event.preventDefault();
    const typed = new FormData(event.target as HTMLFormElement).get("code");
    const code = codeFrom(typeof typed === "string" ? typed : "");
    if (code === null) {
      this.#door = { message: "A code has six digits.", mend: "" };
      return;
    }
    this.#door = null;
    this.#connection.join({ code });
  }

  #report(nowMs: number): void {
    const seconds = (nowMs - this.#reportMs) / 1000;
    this.#reportMs = nowMs;
    const fps = this.#frames / seconds;
    this.#frames = 0;
    const standing = this.#standing;
    if (standing === null) return;
    const clock = this.#connection.clock.estimate(nowMs);
    this.#connection.send({
      type: "report",
      fps: Math.min(fps, 1000),
      shown: standing.visible,
      hidden_why: standing.hiddenWhy,
      pose_age_ms: this.#poseAgeMs(nowMs),
      latency_ms: this.#newest.latencyMs(clock),
      model_digest: this.#model?.digest ?? null,
      ...this.#newest.counts,
      clock_uncertainty_ms: clock?.uncertaintyMs ?? null,
    });
  }
}

const words = document.querySelector<HTMLElement>("#words")!;
const canvas = document.querySelector<HTMLCanvasElement>("#view")!;
new HeadsetPage(words, canvas, await arIsSupported()).run();
