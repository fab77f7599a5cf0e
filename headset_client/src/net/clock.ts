/**
 * The host's monotonic clock, read from here.
 *
 * Whatever is received was sent before: a ping that the host read bounds its clock from one side, its answer
 * and every pose from the other. Of each side the tightest bound is believed, and the truth lies between; so
 * retransmitted packets, which ruin a mean, never win. A bound widens with its age, since two quartzes drift.
 */

import {
  CLOCK_BURST_HZ,
  CLOCK_DRIFT_PPM,
  CLOCK_STEADY_HZ,
  CLOCK_WINDOW,
  MAX_CLOCK_UNCERTAINTY_MS,
} from "../protocol.gen.ts";

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

/** An estimate to be written into, so that no frame makes one. */
export type EstimateRoom = { -readonly [name in keyof ClockEstimate]: ClockEstimate[name] };

/** The lead was at most, or at least, so much at a local time. */
interface Bound {
  readonly offsetMs: number;
  readonly atMs: number;
}

/** Rounding of one nanosecond on the wire. */
const ROUNDING_MS = 1e-6;

export class HostClock {
  #most: Bound | null = null;
  #least: Bound | null = null;

  /** Take in one exchange; one whose answer came before its question is no exchange. */
  add(exchange: Exchange): void {
    const { sentMs, hostMs, receivedMs } = exchange;
    if (!(receivedMs >= sentMs)) return;
    const most = { offsetMs: hostMs - sentMs, atMs: receivedMs };
    const least = { offsetMs: hostMs - receivedMs, atMs: receivedMs };
    // Two true bounds meet. Where they do not, a clock has jumped (a sleep) and what was learnt is void.
    if (this.#aboveAll(least) || this.#belowAll(most)) this.reset();
    this.#most = this.#most === null || most.offsetMs <= at(this.#most, receivedMs, 1) ? most : this.#most;
    this.#least = this.#least === null || least.offsetMs >= at(this.#least, receivedMs, -1) ? least : this.#least;
  }

  /** Take in what a pose tells: it was not received before it was sent. */
  addPose(sentHostMs: number, receivedMs: number): void {
    const least = { offsetMs: sentHostMs - receivedMs, atMs: receivedMs };
    // How far a clock has jumped only an exchange can tell.
    if (this.#aboveAll(least)) this.reset();
    this.#least = this.#least === null || least.offsetMs >= at(this.#least, receivedMs, -1) ? least : this.#least;
  }

  /** Forget everything: another connection may be another host, or the same one after a restart. */
  reset(): void {
    this.#most = null;
    this.#least = null;
  }

  /** What lies between the tightest bounds now, written into `out`; or null before the first exchange. */
  estimate(nowMs: number, out: EstimateRoom = { offsetMs: 0, uncertaintyMs: 0 }): ClockEstimate | null {
    if (this.#most === null || this.#least === null) return null;
    const most = at(this.#most, nowMs, 1);
    const least = at(this.#least, nowMs, -1);
    out.offsetMs = (most + least) / 2;
    out.uncertaintyMs = (most - least) / 2;
    return out;
  }

  #aboveAll(least: Bound): boolean {
    return this.#most !== null && least.offsetMs > at(this.#most, least.atMs, 1) + ROUNDING_MS;
  }

  #belowAll(most: Bound): boolean {
    return this.#least !== null && most.offsetMs < at(this.#least, most.atMs, -1) - ROUNDING_MS;
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

/** A bound as it stands now: it widens with its age, upwards (1) or downwards (-1). */
function at(bound: Bound, nowMs: number, sign: 1 | -1): number {
  return bound.offsetMs + (sign * Math.max(0, nowMs - bound.atMs) * CLOCK_DRIFT_PPM) / 1e6;
}
