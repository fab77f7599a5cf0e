/**
 * The host's monotonic clock, read from here.
 *
 * Each ping exchange bounds the clocks' offset to half its way there and back; of the newest 128 the
 * tightest bound is believed (NTP's minimum filter), so that retransmitted packets, which ruin a mean,
 * never win. A bound grows with its age, since two quartzes drift apart.
 */

import {
  CLOCK_BURST_HZ,
  CLOCK_DRIFT_PPM,
  CLOCK_STEADY_HZ,
  CLOCK_WINDOW,
  MAX_CLOCK_UNCERTAINTY_MS,
} from "./protocol.gen.ts";

/** One ping and its answer: local times in ms, the host's in ms of its own monotonic clock. */
export interface Exchange {
  readonly sentMs: number;
  readonly hostMs: number;
  readonly receivedMs: number;
}

/** What is believed of the host's clock: its lead over the local one, wrong by at most the uncertainty. */
export interface ClockEstimate {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

interface Bound {
  readonly offsetMs: number;
  readonly halfTripMs: number;
  readonly receivedMs: number;
}

/** Rounding of one nanosecond on the wire. */
const ROUNDING_MS = 1e-6;

export class HostClock {
  #bounds: Bound[] = [];

  /** Take in one exchange; one whose answer came before its question is no exchange. */
  add(exchange: Exchange): void {
    const { sentMs, hostMs, receivedMs } = exchange;
    if (!(receivedMs >= sentMs)) return;
    const bound = { offsetMs: hostMs - (sentMs + receivedMs) / 2, halfTripMs: (receivedMs - sentMs) / 2, receivedMs };
    const best = this.estimate(receivedMs);
    // Two true bounds overlap. Where they do not, a clock has jumped (a sleep) and the old ones are void.
    if (best !== null && Math.abs(bound.offsetMs - best.offsetMs) > bound.halfTripMs + best.uncertaintyMs + ROUNDING_MS) {
      this.#bounds = [];
    }
    this.#bounds.push(bound);
    if (this.#bounds.length > CLOCK_WINDOW) this.#bounds.shift();
  }

  /** Forget everything: another connection may be another host, or the same one after a restart. */
  reset(): void {
    this.#bounds = [];
  }

  /** The tightest bound now, or null before the first exchange. */
  estimate(nowMs: number): ClockEstimate | null {
    let best: Bound | null = null;
    let uncertaintyMs = Infinity;
    for (const bound of this.#bounds) {
      const ownMs = uncertaintyOf(bound, nowMs);
      if (ownMs < uncertaintyMs) {
        best = bound;
        uncertaintyMs = ownMs;
      }
    }
    return best === null ? null : { offsetMs: best.offsetMs, uncertaintyMs };
  }
}

/** Whether an estimate is sure enough to tell an old pose from a new one. */
export function isUsable(estimate: ClockEstimate | null): estimate is ClockEstimate {
  return estimate !== null && estimate.uncertaintyMs <= MAX_CLOCK_UNCERTAINTY_MS;
}

/** How long to wait after so many pings, ms: a quick burst first, then a slow beat. */
export function pingPauseMs(pingsSent: number): number {
  return 1000 / (pingsSent < CLOCK_WINDOW ? CLOCK_BURST_HZ : CLOCK_STEADY_HZ);
}

function uncertaintyOf(bound: Bound, nowMs: number): number {
  return bound.halfTripMs + (Math.max(0, nowMs - bound.receivedMs) * CLOCK_DRIFT_PPM) / 1e6;
}
