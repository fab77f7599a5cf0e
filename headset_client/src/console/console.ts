/** The nurse's page: wires the socket and the view together. */

import { render } from "lit-html";

import { deviceName } from "../net/device.ts";
import type { Camera, Cases, CheckPoints, ClientMessage, Clients, Inbox, Joining, Landmarks, LogHead, Nearby, Pointer, Preparing, Session, View, Welcome } from "../protocol.gen.ts";
import { Connection, rememberedToken } from "../net/socket.ts";
import { type Arrival, credentialFromFragment } from "../net/wire.ts";
import { wantsPicture } from "./calibrating.ts";
import { UNCHANGED } from "../overlay/view_change.ts";
import { NO_WISH, type Wish } from "./preparing.ts";
import { type ConsoleActions, consoleTemplate, type Note } from "./view.ts";

const RENDER_EVERY_MS = 500;
const NO_TOKEN = {
  message: "The console opens with a link that only this laptop knows.",
  mend: "Start it from the laptop: `orview serve` prints the link.",
};

class ConsolePage {
  readonly #page: HTMLElement;
  readonly #connection: Connection;
  readonly #actions: ConsoleActions;
  #welcome: Welcome | null = null;
  #door: { message: string; mend: string } | null = null;
  #session: Session | null = null;
  #cases: Cases | null = null;
  #clients: Clients | null = null;
  #joining: Joining | null = null;
  #checkPoints: CheckPoints | null = null;
  #view: View | null = null;
  #pointer: Pointer | null = null;
  #landmarks: Landmarks | null = null;
  #logHead: LogHead | null = null;
  #nearby: Nearby | null = null;
  #leaving: string | null = null;
  #inbox: Inbox | null = null;
  #preparing: Preparing | null = null;
  #wish: Wish = NO_WISH;
  #camera: Camera | null = null;
  #calibrationBoard: string | null = null;
  /** Address of the camera's newest picture. */
  #picture: string | null = null;
  #watching = false;
  #note: Note | null = null;
  #ticked: readonly [boolean, boolean] = [false, false];

  constructor(page: HTMLElement) {
    this.#page = page;
    this.#connection = new Connection("nurse", deviceName(navigator.userAgent, "console"), {
      onWelcome: (welcome) => {
        this.#welcome = welcome;
        this.#watching = false;
        this.#door = null;
        this.#render();
      },
      onShutOut: (refusal) => {
        this.#welcome = null;
        this.#session = null;
        this.#door = refusal;
        this.#render();
      },
      onMessage: (message) => this.#heard(message),
    });
    const send = (message: ClientMessage) => () => this.#connection.send(message);
    this.#actions = {
      select: (caseId) => this.#connection.send({ type: "select_case", case_id: caseId }),
      start: send({ type: "start" }),
      confirm: send({ type: "confirm" }),
      stop: send({ type: "stop" }),
      newCode: send({ type: "new_code" }),
      askToLeave: (deviceId) => {
        this.#leaving = deviceId;
        this.#render();
      },
      putOut: (deviceId) => {
        this.#connection.send({ type: "put_out", device_id: deviceId });
        this.#leaving = null;
        this.#render();
      },
      tick: (index, on) => {
        this.#ticked = index === 0 ? [on, this.#ticked[1]] : [this.#ticked[0], on];
        this.#render();
      },
      wish: (wish) => {
        this.#wish = wish;
        this.#render();
      },
      prepare: () => this.#prepare(),
      stopPreparing: send({ type: "stop_preparing" }),
      chooseBoard: (board) => {
        this.#calibrationBoard = board;
        this.#render();
      },
      calibrate: (board) => this.#connection.send({ type: "calibrate", board }),
      stopCalibrating: send({ type: "stop_calibrating" }),
      checkCamera: send({ type: "check_camera" }),
      setView: (change) => this.#connection.send({ ...UNCHANGED, ...change }),
      patientMoved: send({ type: "patient_moved" }),
      touchCheckPoint: (landmark) => this.#connection.send({ type: "touch_check_point", landmark }),
      touchLandmarks: send({ type: "touch_landmarks" }),
      touchAgain: (landmark) => this.#connection.send({ type: "touch_again", landmark }),
      registerTouched: send({ type: "register_touched" }),
      stopTouching: send({ type: "stop_touching" }),
      dismiss: () => {
        this.#note = null;
        this.#render();
      },
    };
  }

  /** Join with the link's token, or that of an earlier visit, and keep the page fresh. */
  run(): void {
    const credential = credentialFromFragment(location.hash) ?? rememberedToken();
    // The token opens the door: it does not stay in the address bar.
    history.replaceState(null, "", location.pathname);
    if (credential === null) this.#door = NO_TOKEN;
    else this.#connection.join(credential);
    window.setInterval(() => this.#render(), RENDER_EVERY_MS);
    this.#render();
  }

  #heard(message: Arrival): void {
    if ("kind" in message) {
      if (message.kind === "picture" && wantsPicture(this.#camera)) this.#showPicture(message.jpeg);
      return;
    }
    switch (message.type) {
      case "session":
        this.#heardSession(message);
        break;
      case "cases":
        this.#cases = message;
        break;
      case "clients":
        this.#clients = message;
        break;
      case "joining":
        this.#joining = message;
        break;
      case "check_points":
        this.#checkPoints = message;
        break;
      case "view":
        this.#view = message;
        break;
      case "log_head":
        this.#logHead = message;
        break;
      case "nearby":
        this.#nearby = message;
        break;
      case "pointer":
        this.#pointer = message;
        break;
      case "landmarks":
        this.#landmarks = message;
        break;
      case "inbox":
        this.#inbox = message;
        break;
      case "preparing":
        this.#preparing = message;
        break;
      case "camera":
        this.#camera = message;
        this.#watchOrNot();
        break;
      case "notice":
        this.#note = { weight: message.weight, text: message.text };
        break;
      case "refused":
        this.#note = { weight: "error", text: `${message.message} ${message.mend}`.trim() };
        break;
      default:
        return;
    }
    this.#render();
  }

  /** Ask for pictures while somebody stands before the camera, and for no more afterwards. */
  #watchOrNot(): void {
    const wanted = wantsPicture(this.#camera);
    if (wanted !== this.#watching) this.#connection.send({ type: "watch", pictures: wanted });
    this.#watching = wanted;
    if (!wanted) this.#showPicture(null);
  }

  #showPicture(jpeg: Uint8Array<ArrayBuffer> | null): void {
    const before = this.#picture;
    this.#picture = jpeg === null ? null : URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    this.#render();
    if (before !== null) URL.revokeObjectURL(before);
  }

  #prepare(): void {
    const { entry, series, name } = this.#wish;
    if (entry === null) return;
    this.#connection.send({ type: "prepare", entry, series, name: name.trim() || null });
    this.#wish = NO_WISH;
    this.#render();
  }

  /** Two ticks are for one patient and one HOLD: they never carry over to the next. */
  #heardSession(session: Session): void {
    const before = this.#session;
    if (before?.state !== session.state || before.case_id !== session.case_id) this.#ticked = [false, false];
    this.#session = session;
  }

  #secondsUntil(hostNs: number | null | undefined): number | null {
    const nowMs = performance.now();
    const clock = this.#connection.clock.estimate(nowMs);
    if (clock === null || hostNs == null) return null;
    return Math.max(0, Math.ceil((hostNs / 1e6 - nowMs - clock.offsetMs) / 1000));
  }

  #checkMinutesLeft(): number | null {
    const seconds = this.#secondsUntil(this.#checkPoints?.due_ns);
    return seconds === null ? null : Math.floor(seconds / 60);
  }

  #render(): void {
    render(
      consoleTemplate(
        {
          welcome: this.#welcome,
          connected: this.#connection.state === "connected",
          door: this.#door,
          session: this.#session,
          cases: this.#cases,
          clients: this.#clients,
          joining: this.#joining,
          inbox: this.#inbox,
          preparing: this.#preparing,
          wish: this.#wish,
          codeSecondsLeft: this.#secondsUntil(this.#joining?.expires_ns),
          checkPoints: this.#checkPoints,
          view: this.#view,
          checkMinutesLeft: this.#checkMinutesLeft(),
          pointer: this.#pointer,
          landmarks: this.#landmarks,
          logHead: this.#logHead,
          nearby: this.#nearby,
          leaving: this.#leaving,
          camera: this.#camera,
          calibrationBoard: this.#calibrationBoard,
          picture: this.#picture,
          note: this.#note,
          ticked: this.#ticked,
        },
        this.#actions,
      ),
      this.#page,
    );
  }
}

new ConsolePage(document.querySelector<HTMLElement>("#page")!).run();
