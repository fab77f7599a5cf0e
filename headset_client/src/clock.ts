/**
 * The host's monotonic clock, read from here.
 *
 * Of the newest 128 ping exchanges the one with the shortest way there and back is believed: its
 * offset is wrong by at most half of that way, and retransmitted packets, which ruin a mean, never win.
 */

import { CLOCK_BURST_HZ, CLOCK_STEADY_HZ, CLOCK_WINDOW, MAX_CLOCK_UNCERTAINTY_MS } from "./protocol.gen.ts";

/** One ping and its answer: local times in ms, the host's in ms of its own monotonic clock. */
export interface Exchange {
  readonly sentMs: number;
  readonly hostMs: number;
  readonly receivedMs: number;
}

export class HostClock {
  #exchanges: Exchange[] = [];
  #best: Exchange | null = null;
  #counted = 0;

  /** Take in one exchange; one whose answer came before its question is no exchange. */
  add(exchange: Exchange): void {
    if (!(roundTripMs(exchange) >= 0) || !Number.isFinite(exchange.hostMs)) return;
    this.#counted += 1;
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > CLOCK_WINDOW) this.#exchanges.shift();
    this.#best = this.#exchanges.reduce((best, next) => (roundTripMs(next) < roundTripMs(best) ? next : best));
  }

  /** Forget everything: another connection may be another host, or the same one after a restart. */
  reset(): void {
    this.#exchanges = [];
    this.#best = null;
    this.#counted = 0;
  }

  /** Whether the offset is sure enough to tell an old pose from a new one. */
  get known(): boolean {
    return this.uncertaintyMs <= MAX_CLOCK_UNCERTAINTY_MS;
  }

  /** How far the offset may be off, ms; infinite while nothing is known. */
  get uncertaintyMs(): number {
    return this.#best === null ? Infinity : roundTripMs(this.#best) / 2;
  }

  /** The local time, ms, of a host time, ms; not a number while nothing is known. */
  localFromHost(hostMs: number): number {
    if (this.#best === null) return NaN;
    return hostMs - this.#best.hostMs + (this.#best.sentMs + this.#best.receivedMs) / 2;
  }

  /** How long to wait before the next ping, ms: a burst first, then calm. */
  get periodMs(): number {
    return 1000 / (this.#counted < CLOCK_WINDOW ? CLOCK_BURST_HZ : CLOCK_STEADY_HZ);
  }
}

function roundTripMs(exchange: Exchange): number {
  return exchange.receivedMs - exchange.sentMs;
}
