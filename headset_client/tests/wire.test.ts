import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decodeBinary,
  decodeFromClient,
  decodeFromHost,
  encodeLook,
  encodeToHost,
  PROTOCOL_VERSION,
  WireError,
  type ClientMessage,
  type HeadPose,
  type ModelEntry,
} from "../src/protocol.gen.ts";
import { codeFrom, credentialFromFragment, levelsToFetch, read } from "../src/net/wire.ts";
import { vectors } from "./vectors.ts";

interface Messages {
  protocol: string;
  good: { name: string; from: "client" | "host"; text: string; message: unknown }[];
  bad: { name: string; from: "client" | "host"; text: string; fault: string; where: string }[];
}
interface Binaries {
  good: { name: string; hex: string; message: { kind: string; jpeg?: string; [field: string]: unknown } }[];
  bad: { name: string; hex: string; fault: string; where: string }[];
}

interface Looks {
  good: {
    name: string;
    hex: string;
    message: {
      width_px: number;
      height_px: number;
      sequence: number;
      taken_ns: number;
      heads: HeadPose[];
      jpeg: string;
    };
  }[];
}

const messages = vectors<Messages>("messages");
const binaries = vectors<Binaries>("binary");
const looks = vectors<Looks>("looks");

function bytes(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)).buffer;
}

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

test("the vectors are of this protocol", () => {
  assert.equal(messages.protocol, PROTOCOL_VERSION);
});

for (const { name, from, text, message } of messages.good) {
  test(`message ${name} is read as the host means it`, () => {
    const decoded = from === "host" ? decodeFromHost(text) : decodeFromClient(text);
    assert.deepEqual(decoded, message);
    if (from === "client") assert.deepEqual(JSON.parse(encodeToHost(decoded as ClientMessage)), message);
  });
}

for (const { name, from, text, fault, where } of messages.bad) {
  test(`message ${name} is refused`, () => {
    const decode = from === "host" ? decodeFromHost : decodeFromClient;
    assert.throws(() => decode(text), (error) => error instanceof WireError && error.fault === fault && error.where === where);
  });
}

for (const { name, hex: data, message } of looks.good) {
  test(`${name} is written as the host reads it`, () => {
    const look = { ...message, jpeg: new Uint8Array(bytes(message.jpeg)) };
    assert.equal(hex(new Uint8Array(encodeLook(look))), data);
  });
}

test("a look that breaks its own limits is not sent", () => {
  const { message } = looks.good[0]!;
  const look = { ...message, jpeg: new Uint8Array(bytes(message.jpeg)) };
  const [head] = message.heads;
  for (const [change, fault] of [
    [{ heads: [] }, "WRONG_COUNT"],
    [{ heads: [head!, head!] }, "OUT_OF_RANGE"],
    [{ heads: [{ ...head!, quat_xyzw: [0, 0, 0, 0] as const }] }, "NOT_A_POSE"],
    [{ width_px: 0 }, "OUT_OF_RANGE"],
    [{ taken_ns: -1 }, "OUT_OF_RANGE"],
    [{ jpeg: new Uint8Array(600_000) }, "WRONG_LENGTH"],
    [{ jpeg: new Uint8Array(12) }, "WRONG_TYPE"],
  ] as const) {
    assert.throws(() => encodeLook({ ...look, ...change }), (error) => error instanceof WireError && error.fault === fault);
  }
});

for (const { name, hex: data, message } of binaries.good) {
  test(`binary ${name} is read as the host means it`, () => {
    const decoded = decodeBinary(bytes(data));
    assert.deepEqual(decoded.kind === "picture" ? { ...decoded, jpeg: hex(decoded.jpeg) } : decoded, message);
  });
}

for (const { name, hex: data, fault, where } of binaries.bad) {
  test(`binary ${name} is refused`, () => {
    assert.throws(
      () => decodeBinary(bytes(data)),
      (error) => error instanceof WireError && error.fault === fault && error.where === where,
    );
    assert.equal(read(bytes(data)), null);
  });
}

test("the fragment's code or token lets in, anything else does not", () => {
  const token = "A".repeat(43);
  assert.deepEqual(credentialFromFragment("#k=012345"), { code: "012345" });
  assert.deepEqual(credentialFromFragment(`#t=${token}`), { token });
  for (const fragment of ["", "#", "#k=12345", "#k=1234567", "#t=short", `#t=${token}!`, "#x=012345"]) {
    assert.equal(credentialFromFragment(fragment), null, fragment);
  }
});

test("a typed code may hold spaces and hyphens", () => {
  assert.equal(codeFrom(" 012 345 "), "012345");
  assert.equal(codeFrom("012-345"), "012345");
  assert.equal(codeFrom("01234"), null);
  assert.equal(codeFrom("o12345"), null);
});

test("levels are fetched coarsest first, and never the full one", () => {
  const level = (name: "preview" | "headset" | "full") => ({ level: name, sha256: "", bytes: 1, triangles: 1, url: "" });
  const model: ModelEntry = { digest: "", levels: [level("full"), level("headset"), level("preview")] };
  const names = (economy: boolean) => levelsToFetch(model, economy).map((entry) => entry.level);
  assert.deepEqual(names(false), ["preview", "headset"]);
  assert.deepEqual(names(true), ["preview"]);
});
