/** The nurse's page: wires the socket, the steps and the shell together. */

import { render } from "lit-html";

import { deviceName } from "../net/device.ts";
import { Connection, rememberedToken } from "../net/socket.ts";
import { type Arrival, credentialFromFragment } from "../net/wire.ts";
import { UNCHANGED } from "../overlay/view_change.ts";
import type { HostMessage, Session } from "../protocol.gen.ts";
import { type ConsoleActions, type ConsoleState, type Heard, type Making, type Note, NOTHING_PICKED, type Picked, type Theme } from "./console_state.ts";
import { translateBy } from "./host_words.ts";
import { type Language, speak, t } from "./messages/messages.ts";
import type { StepModule } from "./parts.ts";
import { rememberedLanguage, rememberedStep, rememberedTheme, rememberLanguage, rememberStep, rememberTheme } from "./remembered.ts";
import { type Arriving, shellTemplate, titleWords } from "./shell.ts";
import { type Step, STEPS } from "./step_order.ts";
import { firstOpenStep } from "./steps.ts";
import * as patient from "./steps/patient.ts";

const RENDER_EVERY_MS = 500;
/** How long after a page came its big button may begin or end something: longer than a double click. */
const SETTLED_AFTER_MS = 500;
/** How long after a welcome what an earlier host said may stand, so that nothing flickers. */
const FORGET_AFTER_MS = 1500;
const LOADERS: Readonly<Record<Exclude<Step, "patient">, () => Promise<StepModule>>> = {
  team: () => import("./steps/team.ts"),
  camera: () => import("./steps/camera.ts"),
  register: () => import("./steps/register.ts"),
  check: () => import("./steps/check.ts"),
  live: () => import("./steps/live.ts"),
};
/** The steps that show what the camera sees. */
const WITH_PICTURE: ReadonlySet<Step> = new Set(["camera", "register", "check"]);

class ConsolePage {
  readonly #page: HTMLElement;
  readonly #connection: Connection;
  readonly #actions: ConsoleActions;
  readonly #modules = new Map<Step, StepModule | "failed">([["patient", patient]]);
  #making: Making | "coming" | "failed" | null = null;
  #heard: { [type: string]: HostMessage } = {};
  /** Of what an earlier host said, the types this one has not told anew. */
  #stale = new Set<string>();
  #forgetting: number | undefined;
  #door: ConsoleState["door"] = null;
  #step: Step | null = rememberedStep();
  #arrivedMs = -Infinity;
  #picked: Picked = NOTHING_PICKED;
  #note: Note | null = null;
  #picture: string | null = null;
  #watching = false;
  #language: Language = "en";
  #theme: Theme = rememberedTheme();

  constructor(page: HTMLElement) {
    this.#page = page;
    this.#connection = new Connection("nurse", deviceName(navigator.userAgent, "console"), {
      onWelcome: (welcome) => {
        this.#door = null;
        this.#watching = false;
        this.#tryAgain();
        this.#forgetLater();
        this.#take(welcome);
      },
      onShutOut: (refusal) => {
        this.#heard = {};
        this.#door = refusal;
        this.#render();
      },
      onMessage: (message) => this.#hear(message),
    });
    this.#actions = {
      send: (message) => this.#connection.send(message),
      pick: (change) => {
        this.#picked = { ...this.#picked, ...change };
        this.#render();
      },
      go: (step) => this.#go(step),
      hideAll: (cleared) => this.#connection.send({ ...UNCHANGED, cleared }),
      dismiss: () => {
        this.#note = null;
        this.#render();
      },
      speak: (language) => {
        rememberLanguage(language);
        void this.#speak(language);
      },
      light: (theme) => {
        rememberTheme(theme);
        this.#light(theme);
        this.#render();
      },
    };
  }

  /** Join with the link's token, or that of an earlier visit, and keep the page fresh. */
  async run(): Promise<void> {
    const credential = credentialFromFragment(location.hash) ?? rememberedToken();
    // The token opens the door: it does not stay in the address bar.
    history.replaceState(null, "", location.pathname);
    this.#light(this.#theme);
    if (rememberedLanguage() !== this.#language) await this.#speak(rememberedLanguage());
    if (credential === null) this.#door = { message: t("shell.no_token"), mend: t("shell.no_token_mend") };
    else this.#connection.join(credential);
    window.setInterval(() => this.#render(), RENDER_EVERY_MS);
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#render();
  }

  #hear(message: Arrival): void {
    if ("kind" in message) {
      if (message.kind !== "picture" || !this.#watching) return;
      this.#keepPicture(message.jpeg);
      this.#render();
      return;
    }
    switch (message.type) {
      case "notice":
        this.#note = { weight: message.weight, text: message.text };
        this.#render();
        return;
      case "refused":
        this.#note = { weight: "error", text: `${message.message} ${message.mend}`.trim() };
        this.#render();
        return;
      case "session":
        this.#picked = { ...this.#picked, ticked: this.#ticksUnder(message) };
        break;
      default:
        break;
    }
    this.#take(message);
  }

  #take(message: HostMessage): void {
    this.#heard = { ...this.#heard, [message.type]: message };
    this.#stale.delete(message.type);
    // The first session tells which step is the first to do, unless this tab was in one already.
    if (message.type === "session" && this.#step === null) this.#go(firstOpenStep(this.#state("patient")));
    else this.#render();
  }

  #forgetLater(): void {
    this.#stale = new Set(Object.keys(this.#heard));
    window.clearTimeout(this.#forgetting);
    this.#forgetting = window.setTimeout(() => {
      this.#heard = Object.fromEntries(Object.entries(this.#heard).filter(([type]) => !this.#stale.has(type)));
      this.#stale.clear();
      this.#render();
    }, FORGET_AFTER_MS);
  }

  /** Two ticks are for one patient: they never carry over to the next, nor past an overlay that ended. */
  #ticksUnder(session: Session): Picked["ticked"] {
    const before = this.#heard["session"] as Session | undefined;
    const stood = before?.state === "LIVE" || before?.state === "LOST";
    const stands = session.state === "LIVE" || session.state === "LOST";
    const void_ = before?.case_id !== session.case_id || (stood && !stands) || (before.state !== "OFF" && session.state === "OFF");
    return void_ ? NOTHING_PICKED.ticked : this.#picked.ticked;
  }

  #go(step: Step): void {
    const anew = step !== this.#step;
    this.#step = step;
    rememberStep(step);
    void this.#load(step);
    if (anew) {
      this.#arrivedMs = performance.now();
      window.setTimeout(() => this.#render(), SETTLED_AFTER_MS);
    }
    this.#render();
    // The heading takes the focus: what is read aloud, and where the tabulator goes on, is the new page.
    if (anew) this.#page.querySelector<HTMLElement>("#step-title")?.focus();
  }

  async #load(step: Step): Promise<void> {
    if (step === "patient" || typeof this.#modules.get(step) === "object") return;
    this.#modules.delete(step);
    try {
      // The first page needs few words: the others come with the other pages.
      const [module] = await Promise.all([LOADERS[step](), learn(this.#language)]);
      this.#modules.set(step, module);
    } catch {
      this.#modules.set(step, "failed");
    }
    this.#render();
  }

  /** The other steps come while nobody waits for them: a host that is away later takes no page away. */
  #loadAll(): void {
    for (const step of STEPS) if (!this.#modules.has(step)) void this.#load(step);
    if (this.#making === null) void this.#loadMaking();
  }

  /** What did not come from a host that was away may come from this one. */
  #tryAgain(): void {
    for (const [step, module] of this.#modules) if (module === "failed") this.#modules.delete(step);
    if (this.#making === "failed") this.#making = null;
  }

  async #loadMaking(): Promise<void> {
    this.#making = "coming";
    try {
      [this.#making] = await Promise.all([import("./preparing.ts"), learn(this.#language)]);
    } catch {
      this.#making = "failed";
    }
    this.#render();
  }

  async #speak(language: Language): Promise<void> {
    try {
      await learn(language);
      this.#language = language;
      document.documentElement.lang = language;
    } catch {
      // The words did not come: the page goes on in the language it has.
    }
    this.#render();
  }

  #light(theme: Theme): void {
    this.#theme = theme;
    document.documentElement.dataset["theme"] = theme;
  }

  /** 1 to 6 go to a step, the arrows go from one to the next on the rail; typing and choosing keep their keys. */
  #pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea") !== null) return;
    const step = /^[1-6]$/.test(event.key) ? STEPS[Number(event.key) - 1] : undefined;
    if (step !== undefined && this.#heard["session"] !== undefined) this.#go(step);
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (by === undefined || target.closest(".rail") === null) return;
    const buttons = [...this.#page.querySelectorAll<HTMLElement>(".rail button")];
    const at = buttons.indexOf(target.closest("button")!);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  }

  /** Ask for pictures where a page shows them, and for no more elsewhere; one of a lost host is taken away. */
  #watchOrNot(): void {
    const wanted = this.#step !== null && WITH_PICTURE.has(this.#step) && this.#connection.state === "connected";
    if (wanted === this.#watching) return;
    this.#watching = wanted;
    this.#connection.send({ type: "watch", pictures: wanted });
    if (!wanted) this.#keepPicture(null);
  }

  #keepPicture(jpeg: Uint8Array<ArrayBuffer> | null): void {
    if (this.#picture !== null) URL.revokeObjectURL(this.#picture);
    this.#picture = jpeg === null ? null : URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
  }

  #secondsUntil(hostNs: number | null | undefined): number | null {
    const nowMs = performance.now();
    const clock = this.#connection.clock.estimate(nowMs);
    if (clock === null || hostNs == null) return null;
    return Math.max(0, Math.ceil((hostNs / 1e6 - nowMs - clock.offsetMs) / 1000));
  }

  #state(step: Step): ConsoleState {
    return {
      heard: this.#heard as Heard,
      connected: this.#connection.state === "connected",
      door: this.#door,
      step,
      settled: performance.now() - this.#arrivedMs >= SETTLED_AFTER_MS,
      picked: this.#picked,
      note: this.#note,
      picture: this.#picture,
      language: this.#language,
      theme: this.#theme,
      making: typeof this.#making === "string" ? null : this.#making,
      secondsUntil: (hostNs) => this.#secondsUntil(hostNs),
    };
  }

  #arriving(state: ConsoleState): Arriving {
    const module = this.#modules.get(state.step);
    if (module === "failed") return { failed: true };
    return module === undefined ? null : module.page(state, this.#actions);
  }

  #render(): void {
    if (this.#heard["session"] !== undefined) this.#loadAll();
    this.#watchOrNot();
    const state = this.#state(this.#step ?? "patient");
    document.title = titleWords(state);
    render(shellTemplate(state, this.#arriving(state), this.#actions), this.#page);
  }
}

/** Fetch the words of a language, and speak it. */
async function learn(language: Language): Promise<void> {
  if (language === "en") {
    const { EN } = await import("./messages/en.ts");
    speak("en", EN);
    translateBy({});
    return;
  }
  const [{ DE }, { HOST_DE }] = await Promise.all([import("./messages/de.ts"), import("./messages/host_de.ts")]);
  speak("de", DE);
  translateBy(HOST_DE);
}

void new ConsolePage(document.querySelector<HTMLElement>("#page")!).run();
