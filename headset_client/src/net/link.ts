/**
 * When to open and close sockets: decisions only, no socket and no clock of its own.
 *
 * A connection that fell silent is not waited for: TCP would come back up to 1.7 s after the cable
 * does. A new socket is opened every 250 ms instead and the first one the host greets wins, which is
 * bounded by 250 ms and a handshake. The old socket stays until then, and wins if it is heard again.
 */

import { RACE_AFTER_MS } from "../protocol.gen.ts";

export interface LinkPolicy {
  /** Silence, ms, after which new sockets race while poses are due. */
  readonly quietWithPosesMs: number;
  /** Silence, ms, after which they race while only answers to pings are due. */
  readonly quietWithPingsMs: number;
  /** Between two new sockets, ms. */
  readonly raceEveryMs: number;
  /** The same once the host has been away for `patienceMs`: no hammering. */
  readonly raceSlowlyEveryMs: number;
  readonly patienceMs: number;
  /** Sockets under way at once; the oldest gives way. */
  readonly racers: number;
  /** A tick later than this, ms, says that the page itself was held up. */
  readonly heldUpMs: number;
}

export const POLICY: LinkPolicy = {
  quietWithPosesMs: RACE_AFTER_MS,
  quietWithPingsMs: 1500,
  raceEveryMs: RACE_AFTER_MS,
  raceSlowlyEveryMs: 1000,
  patienceMs: 10_000,
  racers: 4,
  heldUpMs: 150,
};

export type LinkState = "stopped" | "connecting" | "connected" | "silent";

export type LinkAction = { readonly kind: "open"; readonly id: number } | { readonly kind: "close"; readonly id: number };

interface Racer {
  readonly id: number;
  readonly openedMs: number;
}

/**
 * One link to the host over any number of sockets, each known by a number.
 *
 * The caller tells what happened (`greeted`, `heard`, `closed`) and carries out what these and `tick`
 * return. Times are ms of the local monotonic clock.
 */
export class Link {
  readonly #policy: LinkPolicy;
  #current: number | null = null;
  #racers: Racer[] = [];
  #nextId = 1;
  #lastHeardMs = -Infinity;
  #lastOpenedMs = -Infinity;
  #lostMs = 0;
  #tickMs = -Infinity;
  #unread = false;
  #stopped = true;
  #posesDue = false;
  #oneAtATime = false;

  constructor(policy: LinkPolicy = POLICY) {
    this.#policy = policy;
  }

  /** Start connecting. With a one-time code sockets must not race: the second would find the code spent. */
  start(nowMs: number, options: { oneAtATime: boolean }): LinkAction[] {
    this.#stopped = false;
    this.#oneAtATime = options.oneAtATime;
    this.#lostMs = nowMs;
    this.#lastOpenedMs = -Infinity;
    return this.tick(nowMs);
  }

  /** Close everything and stay away until `start`. */
  stop(): LinkAction[] {
    const ids = this.#racers.map((racer) => racer.id);
    if (this.#current !== null) ids.push(this.#current);
    this.#stopped = true;
    this.#current = null;
    this.#racers = [];
    this.#posesDue = false;
    return ids.map((id) => ({ kind: "close", id }));
  }

  /** Poses are due, as often as every few ms, while the host has a session. */
  expectPoses(due: boolean): void {
    this.#posesDue = due;
  }

  /** The host accepted this socket: it is the link from now on, all others close. */
  greeted(id: number, nowMs: number): LinkAction[] {
    if (this.#stopped || !this.#racers.some((racer) => racer.id === id)) return [];
    const losers = this.#racers.filter((racer) => racer.id !== id).map((racer) => racer.id);
    if (this.#current !== null) losers.push(this.#current);
    this.#current = id;
    this.#racers = [];
    this.#lastHeardMs = nowMs;
    this.#posesDue = false;
    this.#oneAtATime = false;
    return losers.map((loser) => ({ kind: "close", id: loser }));
  }

  /** Something arrived on a socket. On the current one it ends a race. */
  heard(id: number, nowMs: number): LinkAction[] {
    if (id !== this.#current) return [];
    this.#lastHeardMs = nowMs;
    this.#unread = false;
    const racers = this.#racers;
    this.#racers = [];
    return racers.map((racer) => ({ kind: "close", id: racer.id }));
  }

  /** A socket closed or failed. */
  closed(id: number, nowMs: number): LinkAction[] {
    this.#racers = this.#racers.filter((racer) => racer.id !== id);
    if (id === this.#current) {
      this.#current = null;
      this.#lostMs = nowMs;
      this.#posesDue = false;
    }
    return this.tick(nowMs);
  }

  /** Look at the time; call it every 50 ms or so. */
  tick(nowMs: number): LinkAction[] {
    const lateMs = nowMs - this.#tickMs;
    this.#tickMs = nowMs;
    if (this.#stopped || this.state(nowMs) === "connected") return [];
    if (this.#current !== null && lateMs > this.#policy.heldUpMs && !this.#unread) {
      // A page that was held up has not read what came meanwhile: once, that is no silence of the host's.
      this.#unread = true;
      return [];
    }
    const awayMs = nowMs - Math.max(this.#lostMs, this.#lastHeardMs);
    const everyMs = awayMs > this.#policy.patienceMs ? this.#policy.raceSlowlyEveryMs : this.#policy.raceEveryMs;
    if (nowMs - this.#lastOpenedMs < everyMs) return [];
    const actions: LinkAction[] = [];
    if (this.#oneAtATime) {
      const [waiting] = this.#racers;
      if (waiting && nowMs - waiting.openedMs < this.#policy.patienceMs) return [];
    }
    const room = this.#oneAtATime ? 1 : this.#policy.racers;
    while (this.#racers.length >= room) actions.push({ kind: "close", id: this.#racers.shift()!.id });
    const id = this.#nextId++;
    this.#racers.push({ id, openedMs: nowMs });
    this.#lastOpenedMs = nowMs;
    actions.push({ kind: "open", id });
    return actions;
  }

  /** Whether this socket is the one the host greeted last. */
  isCurrent(id: number): boolean {
    return id === this.#current;
  }

  state(nowMs: number): LinkState {
    if (this.#stopped) return "stopped";
    if (this.#current === null) return "connecting";
    const quietMs = this.#posesDue ? this.#policy.quietWithPosesMs : this.#policy.quietWithPingsMs;
    return nowMs - this.#lastHeardMs > quietMs ? "silent" : "connected";
  }
}
