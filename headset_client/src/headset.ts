/** The surgeon's page: wires the socket, the model, the judge and the two views (picture, headset) together. */

import { nothing, render } from "lit-html";

import { AligningPart } from "./headset/aligning_part.ts";
import { caution } from "./headset/caution.ts";
import { Doorway } from "./headset/doorway.ts";
import { FlashPart } from "./headset/flash_part.ts";
import { Footing } from "./headset/footing.ts";
import { HandCover } from "./headset/hand_cover.ts";
import { HeadsetView } from "./headset/headset_view.ts";
import { MenuPart } from "./headset/menu_part.ts";
import "./headset/outside.ts";
import { Recorder } from "./headset/recorder.ts";
import { Reporter } from "./headset/reporter.ts";
import { sheetTemplate } from "./headset/sheet.ts";
import { StatusPart } from "./headset/status_part.ts";
import { Tick } from "./headset/tick.ts";
import { TwinPart } from "./headset/twin_part.ts";
import { Toucher } from "./headset/toucher.ts";
import { Voice } from "./headset/voice.ts";
import { boardOf } from "./headset/wearing.ts";
import { Wishes } from "./headset/wishes.ts";
import { Battery } from "./net/battery.ts";
import { deviceName } from "./net/device.ts";
import { Connection, rememberedToken } from "./net/socket.ts";
import { type Arrival, codeFrom, credentialFromFragment } from "./net/wire.ts";
import { Dressing } from "./observing/dressing.ts";
import { Evidence } from "./observing/evidence.ts";
import { PictureView } from "./observing/picture_view.ts";
import { Told } from "./observing/told.ts";
import { Alignment } from "./overlay/alignment.ts";
import { Flash } from "./overlay/flash.ts";
import type { Standing } from "./overlay/state.ts";
import { waiting } from "./overlay/waiting.ts";
import { ageText } from "./overlay/words.ts";
import type { ClientMessage, HostMessage, Refused, Welcome } from "./protocol.gen.ts";
import { isSoftware, rendererName } from "./scene/card.ts";
import { drawNumeral } from "./scene/numerals.ts";
import { ModelKeeper, type VerifiedModel } from "./scene/model.ts";
import { Stage } from "./scene/stage.ts";
import { stayAwake } from "./xr/awake.ts";
import { bestMode, Immersive, type ViewMode } from "./xr/session.ts";

const WORDS_EVERY_MS = 200;
const NO_3D = "This browser cannot draw in 3D: WebGL 2 is missing or switched off. Take another browser or device.";
const JOIN_HINT = { message: "Scan the QR code on the nurse's console, or type its six digits.", mend: "" };

class HeadsetPage {
  readonly #words: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #mode: ViewMode;
  readonly #stage: Stage;
  readonly #told = new Told();
  readonly #alignment = new Alignment();
  readonly #tick = new Tick();
  readonly #connection: Connection;
  readonly #evidence: Evidence;
  readonly #models: ModelKeeper;
  readonly #dressing: Dressing;
  readonly #immersive: Immersive;
  readonly #doorway: Doorway;
  readonly #picture: PictureView;
  readonly #headset: HeadsetView;
  readonly #flash = new Flash();
  readonly #recorder: Recorder;
  readonly #reporter: Reporter;
  readonly #aligning: AligningPart;
  readonly #voice: Voice;
  readonly #wishes: Wishes;

  #door: { message: string; mend: string } | null = null;
  #saidWord = "";
  #saidWhy = "";
  #saidMs = -Infinity;

  constructor(words: HTMLElement, canvas: HTMLCanvasElement, mode: ViewMode) {
    this.#words = words;
    this.#canvas = canvas;
    this.#mode = mode;
    const economy = isSoftware(rendererName() ?? "");
    this.#stage = new Stage(canvas, economy);
    const name = deviceName(navigator.userAgent, mode === "observer" ? "viewer" : "headset");
    this.#connection = new Connection(mode === "observer" ? "observer" : "surgeon", name, {
      onWelcome: (welcome) => this.#welcomed(welcome),
      onShutOut: (refusal) => this.#shutOut(refusal),
      onMessage: (message, arrivedMs) => this.#heard(message, arrivedMs),
    });
    this.#aligning = new AligningPart(this.#connection, this.#alignment, name);
    this.#evidence = new Evidence(this.#told, this.#connection);
    this.#models = new ModelKeeper(economy, this.#stage.wardrobe, {
      onModel: (model) => this.#setModel(model),
      onFault: (sentence) => {
        this.#evidence.modelFault = sentence;
      },
    });
    this.#immersive = new Immersive(this.#stage.renderer, mode, economy, {
      onStart: (session) => this.#started(session),
      onEnd: (outOfSight) => this.#ended(outOfSight),
      onReset: () => {
        this.#alignment.recentre();
        this.#aligning.anew();
      },
    });
    this.#doorway = new Doorway(this.#immersive);
    const send = (message: ClientMessage): void => this.#connection.send(message);
    const footing = new Footing(this.#alignment);
    this.#dressing = new Dressing(this.#told, this.#stage, this.#models, () => this.#picture.redraw());
    this.#wishes = new Wishes(this.#told, this.#evidence, this.#dressing, send);
    this.#voice = new Voice((command) => {
      this.#tick.pressed();
      this.#wishes.carryOut(command);
    });
    if (mode !== "observer") void this.#voice.ask();
    this.#picture = new PictureView(this.#stage, this.#evidence, () => ({ width: innerWidth, height: innerHeight }));
    const status = new StatusPart(this.#told, this.#evidence, this.#stage, send);
    const menu = new MenuPart(
      this.#wishes,
      new Toucher(this.#told, this.#evidence, footing, send),
      this.#aligning,
      this.#tick,
      (out) => this.#stage.fieldInto(out),
    );
    this.#headset = new HeadsetView(this.#stage, this.#immersive, footing, this.#evidence, [
      status,
      new FlashPart(this.#flash),
      new TwinPart(this.#stage, this.#immersive, this.#told, this.#evidence),
      new HandCover(),
      menu,
      ...(mode === "immersive-ar" ? [this.#aligning] : []),
    ]);
    this.#recorder = new Recorder(this.#stage, this.#evidence);
    window.orview = {
      frames: this.#recorder.frames,
      worldFromModel: () => this.#stage.worldFromModel,
      counts: () => this.#stage.counts,
      said: () => status.said,
      menu: () => menu.sheet,
      guidance: () => this.#aligning.said,
      drawNumeral,
    };
    this.#reporter = new Reporter(this.#evidence, new Battery(navigator), send);
  }

  /** Join with the code or token of the address, or of an earlier visit, or ask for a code; then draw for ever. */
  run(): void {
    const credential = credentialFromFragment(location.hash) ?? rememberedToken();
    // A code is good once and a token opens the door: neither stays in the address bar.
    history.replaceState(null, "", location.pathname);
    if (credential === null) this.#door = JOIN_HINT;
    else this.#connection.join(credential);
    stayAwake();
    this.#stage.renderer.setAnimationLoop((_time, frame?: XRFrame) => this.#frame(performance.now(), frame));
  }

  #welcomed(welcome: Welcome): void {
    this.#told.begin(welcome);
    this.#door = null;
    this.#evidence.newest.clear();
    this.#alignment.clear();
    this.#aligning.wear(null);
    this.#aligning.anew();
    this.#watch();
  }

  #shutOut(refusal: Pick<Refused, "message" | "mend">): void {
    this.#told.forget();
    this.#flash.end();
    this.#alignment.clear();
    this.#voice.stop();
    this.#forgetPatient();
    this.#doorway.happened("shut_out");
    this.#door = { message: refusal.message, mend: refusal.mend };
  }

  #heard(message: Arrival, arrivedMs: number): void {
    if ("type" in message) this.#heardWords(message);
    else if (message.kind === "picture") {
      if (!this.#immersive.presenting) this.#picture.takePicture(message);
    } else if (this.#evidence.newest.accept(message, arrivedMs)) this.#picture.takePose(message);
  }

  /** Let go of the model, the pictures and the poses: nothing of the patient outlives the session. */
  #forgetPatient(): void {
    this.#evidence.newest.clear();
    this.#evidence.clearedHere = null;
    this.#picture.clear();
    // Without a picture there is nothing to see, but in a headset there are words.
    this.#canvas.hidden = !this.#immersive.presenting;
    this.#models.want(null, []);
    this.#dressing.heard();
  }

  #heardWords(message: HostMessage): void {
    const before = this.#told.session?.state;
    this.#told.take(message);
    if (message.type === "session") {
      // A host that is OFF may still have a case chosen; nothing of a patient stays here then.
      if (message.state !== "OFF") this.#models.want(message.model, message.structures);
      else if (before !== "OFF") this.#forgetPatient();
      this.#dressing.heard();
    } else if (message.type === "view" || message.type === "plan") this.#dressing.heard();
    else if (message.type === "room") {
      this.#alignment.take(message);
      if (this.#immersive.presenting) this.#tellAlignment();
    } else if (message.type === "headset_world") {
      const news = this.#alignment.takeWorld(message);
      this.#aligning.heard(message, news);
      if (news) this.#tellAlignment();
    } else if (message.type === "flashing") {
      this.#flash.begin(message, performance.now());
    } else if (message.type === "wearing") {
      this.#aligning.wear(boardOf(message, this.#told.welcome?.device_id ?? null));
    } else if (message.type === "refused") {
      this.#aligning.refused(message);
      this.#wishes.refused(message);
    }
  }

  #setModel(model: VerifiedModel | null): void {
    this.#evidence.model = model;
    this.#stage.setModel(model?.dressed ?? null, this.#told.session?.target_key ?? null);
    this.#picture.redraw();
  }

  #watch(): void {
    this.#connection.send({ type: "watch", pictures: !this.#immersive.presenting });
  }

  #tellAlignment(): void {
    const message = this.#alignment.message();
    if (message !== null) this.#connection.send(message);
  }

  #started(session: XRSession): void {
    this.#doorway.happened("started");
    this.#alignment.begin();
    this.#tellAlignment();
    this.#picture.clear();
    this.#watch();
    // What the page said names the case: it does not stay behind the headset's picture.
    render(nothing, this.#words);
    this.#saidMs = -Infinity;
    this.#words.hidden = true;
    this.#canvas.hidden = false;
    this.#headset.begin(session);
  }

  #ended(outOfSight: boolean): void {
    this.#doorway.happened(outOfSight ? "lost" : "left");
    this.#words.hidden = false;
    this.#canvas.hidden = true;
    this.#headset.end();
    this.#picture.redraw();
    this.#watch();
  }

  #frame(nowMs: number, frame: XRFrame | undefined): void {
    if (frame !== undefined) {
      const standing = this.#headset.frame(nowMs, frame);
      if (standing === null) return;
      this.#recorder.frame(this.#immersive.onPatient ? "ar" : "vr", nowMs, standing, this.#evidence.newest.pose);
      this.#reporter.frame(nowMs, standing);
    } else if (!this.#immersive.presenting) {
      const standing = this.#picture.frame(nowMs);
      this.#recorder.frame("picture", nowMs, standing, this.#picture.pose);
      this.#say(nowMs, standing);
      this.#reporter.frame(nowMs, standing);
    }
  }

  /** Say how things stand: at once when the word or the reason changes, else a few times a second. */
  #say(nowMs: number, standing: Standing): void {
    const changed = this.#saidWord !== standing.word || this.#saidWhy !== standing.why;
    if (!changed && nowMs - this.#saidMs < WORDS_EVERY_MS) return;
    this.#saidWord = standing.word;
    this.#saidWhy = standing.why;
    this.#saidMs = nowMs;
    const { welcome, session, view, notice } = this.#told;
    render(
      sheetTemplate(
        {
          welcome,
          session,
          view,
          stage: this.#told.stage,
          paints: this.#wishes.paints,
          standing,
          caution: caution(welcome),
          age: ageText(this.#evidence.poseAgeMs(nowMs)),
          hasPicture: this.#picture.hasPicture,
          waiting: waiting({
            mode: this.#mode,
            roomName: welcome?.room_name ?? null,
            connected: this.#connection.state === "connected",
            session,
            presence: this.#doorway.presence,
            refused: this.#doorway.refused,
          }),
          listens: this.#voice.isPossible ? this.#voice.isOn : null,
          asksForCamera: this.#mode === "immersive-ar" && this.#aligning.asksForCamera,
          trouble: notice,
          meant: this.#flash.nameAt(nowMs),
          door: this.#door,
        },
        {
          enter: () => this.#enter(),
          carryOut: (command) => this.#wishes.carryOut(command),
          listen: () => (this.#voice.isOn ? this.#voice.stop() : this.#voice.start()),
          allowCamera: () => void this.#aligning.askForCamera(),
          submitCode: (event) => this.#submitCode(event),
        },
      ),
      this.#words,
    );
  }

  #enter(): void {
    this.#tick.wake();
    this.#doorway.happened("pressed");
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
}

const words = document.querySelector<HTMLElement>("#words")!;
const canvas = document.querySelector<HTMLCanvasElement>("#view")!;
if (rendererName() === null) words.append(NO_3D);
else new HeadsetPage(words, canvas, await bestMode()).run();
