/** The nurse's page: wires the socket, the steps and the shell together. */

import { render } from "lit-html";

import { deviceName } from "../net/device.ts";
import { Connection, rememberedToken } from "../net/socket.ts";
import { type Arrival, credentialFromFragment } from "../net/wire.ts";
import { UNCHANGED } from "../overlay/unchanged.ts";
import type { HostMessage, Session } from "../protocol.gen.ts";
import { type ConsoleActions, type ConsoleState, type Heard, type Note, NOTHING_PICKED, type Picked, type Theme } from "./console_state.ts";
import { NOTHING_GIVEN, NOTHING_PLANNED } from "./given.ts";
import { moveOnRail, stepOfKey } from "./keys.ts";
import { learn } from "./messages/learn.ts";
import { type Language, t } from "./messages/messages.ts";
import { Pages } from "./pages.ts";
import { rememberedLanguage, rememberedStep, rememberedTheme, rememberLanguage, rememberStep, rememberTheme } from "./remembered.ts";
import { RoomPicture } from "./room_picture.ts";
import { shellTemplate, titleWords } from "./shell.ts";
import type { Step } from "./step_order.ts";
import { firstOpenStep } from "./steps.ts";

const RENDER_EVERY_MS = 500;
/** How long after a page came its big button may begin or end something: longer than a double click. */
const SETTLED_AFTER_MS = 500;
/** How long after a welcome what an earlier host said may stand, so that nothing flickers. */
const FORGET_AFTER_MS = 1500;
/** What the first step to do depends on; how long after it the rest is told, and how long a host may leave some of it out. */
const FIRST_NEEDED = ["session", "clients", "camera", "procedure"];
const ALL_TOLD_MS = 50;
const NOT_TOLD_MS = 1500;
/** Where in the address the plan page stands, so that a reload comes back to it. */
const PLAN = "#plan";
/** The steps that show what the camera sees. */
const WITH_PICTURE: ReadonlySet<Step> = new Set(["camera", "register", "check", "live"]);

const NOTHING_OF_A_PATIENT = { given: NOTHING_GIVEN, anew: false, planned: NOTHING_PLANNED } as const;

class ConsolePage {
  readonly #page: HTMLElement;
  readonly #connection: Connection;
  readonly #actions: ConsoleActions;
  readonly #pages = new Pages(
    () => learn(this.#language),
    () => this.#render(),
  );
  readonly #picture = new RoomPicture(() => this.#render());
  #heard: { [type: string]: HostMessage } = {};
  /** Of what an earlier host said, the types this one has not told anew. */
  #stale = new Set<string>();
  #forgetting: number | undefined;
  #door: ConsoleState["door"] = null;
  #step: Step | null = rememberedStep();
  #planning = location.hash === PLAN;
  #arrivedMs = -Infinity;
  #picked: Picked = NOTHING_PICKED;
  #note: Note | null = null;
  #watching = false;
  #language: Language = "en";
  #theme: Theme = rememberedTheme();

  constructor(page: HTMLElement) {
    this.#page = page;
    this.#connection = new Connection("nurse", deviceName(navigator.userAgent, "console"), {
      onWelcome: (welcome) => {
        this.#door = null;
        this.#watching = false;
        this.#pages.tryAgain();
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
      get: (url, signal) =>
        fetch(url, {
          cache: "no-store",
          headers: { Authorization: `Bearer ${this.#connection.token ?? ""}` },
          ...(signal === undefined ? {} : { signal }),
        }),
      pick: (change) => {
        this.#picked = { ...this.#picked, ...change };
        this.#render();
      },
      go: (step) => this.#go(step),
      plan: (open) => this.#plan(open),
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
    history.replaceState(null, "", this.#address);
    if (this.#planning) void this.#pages.fetch("plan");
    window.addEventListener("popstate", () => this.#show(location.hash === PLAN));
    this.#light(this.#theme);
    if (rememberedLanguage() !== this.#language) await this.#speak(rememberedLanguage());
    if (credential === null) this.#door = { message: t("shell.no_token"), mend: t("shell.no_token_mend") };
    else this.#connection.join(credential);
    window.setInterval(() => this.#render(), RENDER_EVERY_MS);
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#render();
  }

  #hear(message: Arrival): void {
    this.#pages.hear(message, this.#connection);
    if ("kind" in message) {
      if (message.kind !== "picture" || !this.#watching || this.#step === "live") return;
      this.#picture.keep(message);
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
        if (this.#isAnotherPatient(message)) this.#picked = { ...this.#picked, ...NOTHING_OF_A_PATIENT };
        break;
      case "identity":
        // What was typed does not stay on the screen once it was compared.
        if (message.matched.length > 0) this.#picked = { ...this.#picked, given: NOTHING_GIVEN, anew: false };
        break;
      case "procedure":
        this.#picked = { ...this.#picked, planned: NOTHING_PLANNED };
        break;
      default:
        break;
    }
    this.#take(message);
  }

  #take(message: HostMessage): void {
    this.#heard = { ...this.#heard, [message.type]: message };
    this.#stale.delete(message.type);
    if (this.#step === null && FIRST_NEEDED.includes(message.type)) {
      const told = FIRST_NEEDED.every((type) => type in this.#heard);
      window.setTimeout(() => this.#begin(), told ? ALL_TOLD_MS : NOT_TOLD_MS);
    }
    this.#render();
  }

  /** What the host told tells which step is the first to do, unless this tab is in one already. */
  #begin(): void {
    if (this.#step === null) this.#go(firstOpenStep(this.#state("patient")));
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

  /** What is typed is of one patient: it never carries over to the next case, nor past the end of a session. */
  #isAnotherPatient(session: Session): boolean {
    const before = this.#heard["session"] as Session | undefined;
    return before?.case_id !== session.case_id || (before.state !== "OFF" && session.state === "OFF");
  }

  #go(step: Step): void {
    if (this.#planning) this.#plan(false);
    const anew = step !== this.#step;
    this.#step = step;
    rememberStep(step);
    void this.#pages.fetch(step);
    if (anew) {
      this.#arrivedMs = performance.now();
      window.setTimeout(() => this.#render(), SETTLED_AFTER_MS);
    }
    this.#render();
    // The heading takes the focus: what is read aloud, and where the tabulator goes on, is the new page.
    if (anew) this.#page.querySelector<HTMLElement>("#step-title")?.focus();
  }

  get #address(): string {
    return this.#planning ? PLAN : location.pathname;
  }

  /** Open the plan page, which has an address of its own, or leave it. */
  #plan(open: boolean): void {
    const moved = open !== this.#planning;
    this.#show(open);
    if (moved) history.pushState(null, "", this.#address);
  }

  #show(planning: boolean): void {
    this.#planning = planning;
    if (planning) void this.#pages.fetch("plan");
    this.#render();
    this.#page.querySelector<HTMLElement>("#step-title")?.focus();
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

  #pressed(event: KeyboardEvent): void {
    if (this.#planning) {
      this.#pages.press(event, "plan");
      return;
    }
    const step = stepOfKey(event);
    if (step !== null && this.#heard["session"] !== undefined) this.#go(step);
    moveOnRail(event);
  }

  /** Ask for pictures where a page shows them, and for no more elsewhere; one of a lost host is taken away. */
  #watchOrNot(): void {
    const wanted = !this.#planning && this.#step !== null && WITH_PICTURE.has(this.#step) && this.#connection.state === "connected";
    if (wanted === this.#watching) return;
    this.#watching = wanted;
    this.#connection.send({ type: "watch", pictures: wanted });
    if (!wanted) this.#picture.drop();
  }

  #secondsUntil(hostNs: number | null | undefined): number | null {
    const ms = hostNs == null ? null : this.#msUntil(hostNs);
    return ms === null ? null : Math.max(0, Math.ceil(ms / 1000));
  }

  #secondsSince(hostNs: number): number | null {
    const ms = this.#msUntil(hostNs);
    return ms === null ? null : Math.max(0, Math.floor(-ms / 1000));
  }

  #msUntil(hostNs: number): number | null {
    const nowMs = performance.now();
    const clock = this.#connection.clock.estimate(nowMs);
    return clock === null ? null : hostNs / 1e6 - nowMs - clock.offsetMs;
  }

  #state(step: Step): ConsoleState {
    return {
      heard: this.#heard as Heard,
      connected: this.#connection.state === "connected",
      door: this.#door,
      step,
      planning: this.#planning,
      begun: this.#step !== null,
      settled: performance.now() - this.#arrivedMs >= SETTLED_AFTER_MS,
      picked: this.#picked,
      note: this.#note,
      picture: this.#picture.seen,
      language: this.#language,
      theme: this.#theme,
      making: this.#pages.making,
      identifying: this.#pages.identifying,
      secondsUntil: (hostNs) => this.#secondsUntil(hostNs),
      secondsSince: (hostNs) => this.#secondsSince(hostNs),
    };
  }

  #render(): void {
    if (this.#heard["session"] !== undefined) this.#pages.fetchAll();
    this.#watchOrNot();
    const state = this.#state(this.#step ?? "patient");
    this.#pages.keepUp(state, this.#actions);
    document.title = titleWords(state);
    render(shellTemplate(state, this.#pages.page(state, this.#actions), this.#actions), this.#page);
  }
}

void new ConsolePage(document.querySelector<HTMLElement>("#page")!).run();
