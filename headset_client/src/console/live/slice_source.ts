/**
 * Gets the image beside the overlay and keeps it in this page's memory for as long as the host names it, no longer.
 *
 * It shows a patient: it is asked for with the nurse's token, past every cache, and let go of when the session ends.
 * Nothing is shown whose SHA-256 is not the one the host announced (hazard H17).
 */

import type { SliceEntry } from "../../protocol.gen.ts";
import { readSlices, SliceFault, type SliceVolume } from "./volume.ts";

/** Asks the host for a file that is a nurse's alone. */
export type Get = (url: string, signal?: AbortSignal) => Promise<Response>;

export type SlicesNow =
  | { readonly state: "none" }
  | { readonly state: "loading" }
  | { readonly state: "failed" }
  | { readonly state: "ready"; readonly volume: SliceVolume };

const NONE: SlicesNow = { state: "none" };
const RETRY_MS = 2000;

export class SliceSource {
  #wanted: string | null = null;
  #now: SlicesNow = NONE;
  #abort = new AbortController();

  get now(): SlicesNow {
    return this.#now;
  }

  /** Keep this image and no other; null lets go of it. Asking for the same again changes nothing. */
  want(entry: SliceEntry | null, get: Get, changed: () => void): void {
    if ((entry?.sha256 ?? null) === this.#wanted) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#wanted = entry?.sha256 ?? null;
    this.#now = entry === null ? NONE : { state: "loading" };
    if (entry !== null) void this.#load(entry, get, changed, this.#abort.signal);
  }

  async #load(entry: SliceEntry, get: Get, changed: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const volume = await fetchSlices(entry, get, signal);
        if (signal.aborted) return;
        this.#now = { state: "ready", volume };
        changed();
        return;
      } catch {
        if (signal.aborted) return;
        this.#now = { state: "failed" };
        changed();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

async function fetchSlices(entry: SliceEntry, get: Get, signal: AbortSignal): Promise<SliceVolume> {
  const answer = await get(entry.url, signal);
  if (answer.status !== 200) throw new SliceFault("The host does not have the image it named.");
  const packed = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packed));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== entry.sha256) throw new SliceFault("The image that arrived is not the one the host announced.");
  const unpacked = new Response(packed).body!.pipeThrough(new DecompressionStream("gzip"));
  return readSlices(new Uint8Array(await new Response(unpacked).arrayBuffer()));
}
