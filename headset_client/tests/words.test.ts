import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { qrPath } from "../src/console/qr.ts";
import { clientNumbers, clientWords, codeWords, fingerprintWords } from "../src/console/words.ts";
import { deviceName } from "../src/net/device.ts";
import { ageText, expectedErrorText } from "../src/overlay/words.ts";
import { type ClientEntry, HIDE_REASONS } from "../src/protocol.gen.ts";

test("millimetres always have one decimal and all their digits, 0.0 to 999.9", () => {
  for (let tenths = 0; tenths <= 9999; tenths += 1) {
    const text = expectedErrorText(tenths / 10);
    assert.equal(text, `${Math.floor(tenths / 10)}.${tenths % 10}\u00a0mm\u00a0(95\u00a0%)`);
  }
});

test("no number is no number", () => {
  for (const value of [null, NaN, Infinity, -0.1]) assert.equal(expectedErrorText(value), "unknown");
  for (const value of [null, NaN, Infinity]) assert.equal(ageText(value), "none");
});

test("ages are said in ms, then in s", () => {
  assert.equal(ageText(48.4), "48\u00a0ms");
  assert.equal(ageText(-3), "0\u00a0ms");
  assert.equal(ageText(1400), "1.4\u00a0s");
  assert.equal(ageText(1e9), "over 100 s");
});

const CLIENT: ClientEntry = {
  device_id: "d1",
  name: "Quest 3 headset",
  role: "surgeon",
  link: "good",
  shown: true,
  hidden_why: null,
  fps: 72.3,
  pose_age_ms: 48,
  latency_ms: 40,
  pose_age_p50_ms: 47,
  pose_age_p95_ms: 62,
  latency_p50_ms: 39,
  latency_p95_ms: 51,
  model_ok: true,
  battery: 0.8,
  last_seen_ns: 5e9,
};

test("a headset is green only while it shows the model over a good link", () => {
  assert.equal(clientWords(CLIENT).light, "good");
  assert.equal(clientWords({ ...CLIENT, link: "silent" }).light, "bad");
  for (const reason of HIDE_REASONS) {
    const { light, words } = clientWords({ ...CLIENT, shown: false, hidden_why: reason });
    assert.equal(light, "wait");
    assert.match(words, /^hidden: /);
  }
  assert.equal(clientNumbers(CLIENT), "pose 48\u00a0ms · 72 fps");
  assert.equal(clientNumbers({ ...CLIENT, fps: null, pose_age_ms: null }), "pose – · – fps");
});

test("codes and fingerprints are read in groups", () => {
  assert.equal(codeWords("012345"), "012 345");
  assert.equal(fingerprintWords("0123456789abcdef".repeat(4)), "0123 4567 89AB CDEF");
});

test("a QR code has its three finders and a quiet zone", () => {
  const { size, path } = qrPath("https://192.168.1.20:8443/#k=012345");
  assert.ok(size >= 29 + 8);
  for (const corner of ["M4 4h7v1h-7z", `M${size - 11} 4h7v1h-7z`, `M4 ${size - 11}h7v1h-7z`]) assert.ok(path.includes(corner));
  assert.ok(!/M[0-3] /.test(path) && !/M\d+ [0-3]h/.test(path));
});

test("a device is called what it is", () => {
  const quest = "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 OculusBrowser/42.0 Chrome/142 VR Safari/537.36";
  assert.equal(deviceName(quest, "headset"), "Quest 3 headset");
  assert.equal(deviceName("Mozilla/5.0 (X11; Linux x86_64) Chrome/142", "viewer"), "Linux viewer");
  assert.equal(deviceName("", "viewer"), "Device viewer");
});
