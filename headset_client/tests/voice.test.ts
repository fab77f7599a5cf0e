import assert from "node:assert/strict";
import { test } from "node:test";

import { type Recogniser, Voice } from "../src/headset/voice.ts";
import type { Command } from "../src/overlay/menu.ts";
import { commandIn } from "../src/overlay/voice_words.ts";

const made: FakeRecogniser[] = [];

class FakeRecogniser implements Recogniser {
  static answer: string | Error = "available";
  static asked: unknown[] = [];
  lang = "";
  continuous = false;
  interimResults = true;
  processLocally = false;
  onresult: Recogniser["onresult"] = null;
  onend: Recogniser["onend"] = null;
  onerror: Recogniser["onerror"] = null;
  runs = 0;

  constructor() {
    made.push(this);
  }

  static available(asked: unknown): Promise<string> {
    FakeRecogniser.asked.push(asked);
    const { answer } = FakeRecogniser;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  start(): void {
    this.runs += 1;
  }

  abort(): void {
    this.onerror?.({ error: "aborted" });
    this.onend?.();
  }

  hears(...utterances: string[]): void {
    const results = utterances.map((transcript) => Object.assign([{ transcript }], { isFinal: !transcript.endsWith("...") }));
    this.onresult?.({ resultIndex: 0, results });
  }
}

async function voiceThat(answer: string | Error, recogniser: typeof FakeRecogniser | undefined = FakeRecogniser) {
  FakeRecogniser.answer = answer;
  made.length = 0;
  const heard: Command[] = [];
  const voice = new Voice((command) => heard.push(command), recogniser);
  await voice.ask();
  return { voice, heard };
}

test("an utterance that ends in the name and a command is one, and no other talk", () => {
  assert.deepEqual(commandIn("Headset, clear."), { do: "clear" });
  assert.deepEqual(commandIn("now head set show"), { do: "show" });
  assert.deepEqual(commandIn("headset next"), { do: "stage", step: 1, turned: false });
  assert.deepEqual(commandIn("headset previous"), { do: "stage", step: -1, turned: false });
  for (const talk of ["clear", "next", "the headset is clear", "headset", "", "clear the headset", "headset constructor"]) {
    assert.equal(commandIn(talk), null, talk);
  }
});

test("commands are heard on the device alone, once the wearer asked for it, and over silences until it is stopped", async () => {
  const { voice, heard } = await voiceThat("available");
  assert.deepEqual(FakeRecogniser.asked.at(-1), { langs: ["en-US"], processLocally: true });
  assert.deepEqual([voice.isPossible, voice.isOn, made.length], [true, false, 0]);
  voice.start();
  voice.start();
  const [recogniser] = made as [FakeRecogniser];
  assert.deepEqual([made.length, recogniser.processLocally, recogniser.runs], [1, true, 1]);
  recogniser.hears("give me the clamp", "headset clear", "headset sh...");
  assert.deepEqual(heard, [{ do: "clear" }]);
  recogniser.onerror?.({ error: "no-speech" });
  recogniser.onend?.();
  assert.deepEqual([voice.isOn, recogniser.runs], [true, 2]);
  voice.stop();
  assert.deepEqual([voice.isOn, recogniser.runs], [false, 2]);
});

test("a recogniser that would ask a server, fetch a language, or is forbidden is none", async () => {
  for (const answer of ["downloadable", "downloading", "unavailable", new Error("forbidden")]) {
    const { voice } = await voiceThat(answer);
    voice.start();
    assert.deepEqual([voice.isPossible, voice.isOn, made.length], [false, false, 0], String(answer));
  }
  const none = new Voice(() => undefined, undefined);
  await none.ask();
  assert.equal(none.isPossible, false);
});

test("an error that is no pause ends it", async () => {
  const { voice } = await voiceThat("available");
  voice.start();
  made[0]!.onerror!({ error: "not-allowed" });
  made[0]!.onend!();
  assert.deepEqual([voice.isOn, made[0]!.runs], [false, 1]);
});
