import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { Download, ModelFault } from "../src/net/download.ts";
import type { ModelLevelEntry } from "../src/protocol.gen.ts";

const BODY = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 251);
const SHA256 = createHash("sha256").update(BODY).digest("hex");
const LEVEL: ModelLevelEntry = {
  level: "headset",
  sha256: SHA256,
  bytes: BODY.length,
  triangles: 1,
  url: `/m/${SHA256}`,
};
const SIGNAL = new AbortController().signal;

/** A body that comes in pieces, and breaks off with an error where `cut` says so. */
function stream(body: Uint8Array, cut = false): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let begin = 0; begin < body.length; begin += 999) controller.enqueue(body.slice(begin, begin + 999));
      if (!cut) controller.close();
    },
    pull(controller) {
      controller.error(new TypeError("network"));
    },
  });
}

function part(begin: number): Response {
  const headers = { "Content-Range": `bytes ${begin}-${BODY.length - 1}/${BODY.length}` };
  return new Response(stream(BODY.slice(begin)), { status: 206, headers });
}

/** A download whose requests are kept, and answered one after another. */
function downloading(answers: (() => Response)[]): { download: Download; ranges: (string | undefined)[] } {
  const ranges: (string | undefined)[] = [];
  const fetching = (_: unknown, options?: RequestInit): Promise<Response> => {
    const headers = options?.headers as Record<string, string>;
    ranges.push(headers["Range"]);
    assert.equal(options?.cache, "no-store", "nothing of a patient stays on the disk");
    if (headers["Range"] !== undefined) assert.equal(headers["If-Range"], `"${SHA256}"`);
    return Promise.resolve(answers.shift()!());
  };
  return { download: new Download(LEVEL, fetching as typeof fetch), ranges };
}

test("a whole body that is the one announced is handed on", async () => {
  const { download, ranges } = downloading([() => new Response(stream(BODY))]);
  assert.deepEqual(new Uint8Array(await download.run(SIGNAL)), BODY);
  assert.deepEqual(ranges, [undefined]);
});

test("a cut download goes on from the byte reached", async () => {
  const cut = 40_000;
  const { download, ranges } = downloading([
    () => new Response(stream(BODY.slice(0, cut), true)),
    () => part(cut),
  ]);
  await assert.rejects(download.run(SIGNAL), TypeError);
  assert.equal(download.reached, cut);
  assert.deepEqual(new Uint8Array(await download.run(SIGNAL)), BODY);
  assert.deepEqual(ranges, [undefined, `bytes=${cut}-`]);
});

test("a host that gives the whole again is taken at its word", async () => {
  const { download } = downloading([
    () => new Response(stream(BODY.slice(0, 5000), true)),
    () => new Response(stream(BODY)),
  ]);
  await assert.rejects(download.run(SIGNAL), TypeError);
  assert.deepEqual(new Uint8Array(await download.run(SIGNAL)), BODY);
});

const wrong: Record<string, Uint8Array> = {
  "one byte": BODY.map((byte, index) => (index === 5 ? byte ^ 1 : byte)),
  "too long": Uint8Array.from([...BODY, 0]),
  "too short": BODY.slice(1),
  nothing: new Uint8Array(0),
};
for (const [name, body] of Object.entries(wrong)) {
  test(`wrong bytes are refused and not kept: ${name}`, async () => {
    const { download, ranges } = downloading([() => new Response(stream(body)), () => new Response(stream(BODY))]);
    await assert.rejects(download.run(SIGNAL), ModelFault);
    assert.equal(download.reached, 0);
    await download.run(SIGNAL);
    assert.deepEqual(ranges, [undefined, undefined]);
  });
}

test("a part from elsewhere and a host without the model are refused", async () => {
  for (const status of [404, 416, 503]) {
    const { download } = downloading([() => new Response("no", { status })]);
    await assert.rejects(download.run(SIGNAL), ModelFault);
  }
  const { download } = downloading([() => part(10)]);
  await assert.rejects(download.run(SIGNAL), ModelFault);
});
