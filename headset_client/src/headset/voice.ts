/**
 * Listens for a few commands, where the browser recognises speech on the device itself; anywhere else there is no voice.
 *
 * Off until the wearer asks for it. What is said in a theatre must not leave it, so a recogniser that would ask a server,
 * or would have to fetch its language first, is as good as none (Web Speech API, `processLocally`).
 */

import type { Command } from "../overlay/menu.ts";
import { commandIn } from "../overlay/voice_words.ts";

/** The browser's recogniser, as far as it is used here. */
export interface Recogniser {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally?: boolean;
  onresult: ((event: { readonly resultIndex: number; readonly results: ArrayLike<Heard> }) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { readonly error: string }) => void) | null;
  start(): void;
  abort(): void;
}

interface Heard extends ArrayLike<{ readonly transcript: string }> {
  readonly isFinal: boolean;
}

/** The class of it. */
export interface RecogniserClass {
  new (): Recogniser;
  available?(asked: { langs: string[]; processLocally: boolean }): Promise<string>;
}

const LANGUAGE = "en-US";
/** After these the recogniser only paused; after any other error it is of no use. */
const PAUSES: ReadonlySet<string> = new Set(["no-speech", "aborted"]);

export class Voice {
  readonly #class: RecogniserClass | undefined;
  readonly #onCommand: (command: Command) => void;
  #isPossible = false;
  #listening: Recogniser | null = null;

  constructor(
    onCommand: (command: Command) => void,
    recogniser = (globalThis as { SpeechRecognition?: RecogniserClass }).SpeechRecognition,
  ) {
    this.#class = recogniser;
    this.#onCommand = onCommand;
  }

  /** Whether speech is recognised on this device. */
  get isPossible(): boolean {
    return this.#isPossible;
  }

  get isOn(): boolean {
    return this.#listening !== null;
  }

  /** Ask the browser, once, whether it needs nobody else for it. */
  async ask(): Promise<void> {
    try {
      const asked = { langs: [LANGUAGE], processLocally: true };
      this.#isPossible = (await this.#class?.available?.(asked)) === "available";
    } catch {
      // Forbidden by a policy: as good as not there.
      this.#isPossible = false;
    }
  }

  /** Begin to listen; call it from a press. */
  start(): void {
    if (!this.#isPossible || this.#class === undefined || this.#listening !== null) return;
    const recogniser = new this.#class();
    recogniser.processLocally = true;
    recogniser.lang = LANGUAGE;
    recogniser.continuous = true;
    recogniser.interimResults = false;
    recogniser.onresult = ({ resultIndex, results }) => {
      for (let at = resultIndex; at < results.length; at += 1) this.#hear(results[at]!);
    };
    recogniser.onerror = ({ error }) => {
      if (!PAUSES.has(error)) this.stop();
    };
    // Browsers end it after a silence.
    recogniser.onend = () => {
      if (this.#listening === recogniser) recogniser.start();
    };
    this.#listening = recogniser;
    recogniser.start();
  }

  /** Listen no more. */
  stop(): void {
    const recogniser = this.#listening;
    this.#listening = null;
    recogniser?.abort();
  }

  #hear(heard: Heard): void {
    const command = heard.isFinal ? commandIn(heard[0]?.transcript ?? "") : null;
    if (command !== null) this.#onCommand(command);
  }
}
