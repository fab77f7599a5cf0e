/** The image is kept as long as it is named, is the one that was named, and is gone with the session. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { type Get, SliceSource } from "../src/console/live/slice_source.ts";
import type { SliceEntry } from "../src/protocol.gen.ts";
import { vectors } from "./vectors.ts";

const PACKED = gzipSync(Buffer.from(vectors<{ hex: string }>("slices").hex, "hex"));
const ENTRY = entryOf(PACKED);

function entryOf(bytes: Uint8Array): SliceEntry {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { case_id: "a", sha256, bytes: bytes.length, url: `/s/${sha256}` };
}

/** A host that has these bytes, and what it was asked. */
function host(bytes: Uint8Array, status = 200): { get: Get; asked: string[] } {
  const asked: string[] = [];
  const get: Get = (url) => {
    asked.push(url);
    return Promise.resolve(new Response(Uint8Array.from(bytes), { status }));
  };
  return { get, asked };
}

/** Want an image and wait until something came of it. */
function wanted(source: SliceSource, entry: SliceEntry, get: Get): Promise<void> {
  return new Promise((resolve) => source.want(entry, get, resolve));
}

test("the image named is fetched once, unpacked and kept, and let go of when it is named no more", async () => {
  const source = new SliceSource();
  const { get, asked } = host(PACKED);
  const states = [source.now.state];
  const come = wanted(source, ENTRY, get);
  states.push(source.now.state);
  await come;
  const { now } = source;
  states.push(now.state);
  assert.deepEqual(states, ["none", "loading", "ready"]);
  assert.ok(now.state === "ready" && now.volume.keys.includes("nerve_s1_left"));
  source.want(ENTRY, get, () => assert.fail());
  assert.deepEqual(asked, [ENTRY.url]);
  source.want(null, get, () => assert.fail());
  assert.deepEqual(source.now, { state: "none" });
});

test("another image than the one named is never shown, nor one the host does not give", async () => {
  for (const { get } of [host(gzipSync(Buffer.from("other"))), host(PACKED, 403)]) {
    const source = new SliceSource();
    await wanted(source, ENTRY, get);
    assert.equal(source.now.state, "failed");
    source.want(null, get, () => undefined);
  }
});

test("an image that comes after it was let go of is not kept", async () => {
  const source = new SliceSource();
  let give = (_answer: Response): void => undefined;
  const get: Get = () => new Promise((resolve) => (give = resolve));
  source.want(ENTRY, get, () => assert.fail());
  source.want(null, get, () => assert.fail());
  give(new Response(Uint8Array.from(PACKED)));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(source.now.state, "none");
});
