/** Leads the wearer in, out and back in: asks the browser for sessions as `overlay/presence.ts` says. */

import { after, type Presence, type PresenceEvent } from "../overlay/presence.ts";
import type { Immersive } from "../xr/session.ts";

export class Doorway {
  readonly #immersive: Immersive;
  #presence: Presence = "outside";
  #refused = false;

  constructor(immersive: Immersive) {
    this.#immersive = immersive;
    const seen = (): void => {
      if (document.visibilityState === "visible") this.happened("seen");
    };
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("focus", seen);
    navigator.xr?.addEventListener("sessiongranted", () => this.happened("granted"));
  }

  get presence(): Presence {
    return this.#presence;
  }

  /** Whether the last press led nowhere. */
  get refused(): boolean {
    return this.#refused;
  }

  happened(event: PresenceEvent): void {
    const [presence, action] = after(this.#presence, event);
    // A try without a press is refused by most browsers: nothing the wearer did went wrong.
    this.#refused = event === "refused" && this.#presence === "entering";
    this.#presence = presence;
    if (action === "end") this.#immersive.leave();
    else if (action === "request") this.#immersive.enter().catch(() => this.happened("refused"));
  }
}
