/** Both languages say the same things, and what the host says is translated where it is known. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { h, translateBy } from "../src/console/host_words.ts";
import { DE } from "../src/console/messages/de.ts";
import { EN, type Key } from "../src/console/messages/en.ts";
import { EN_FIRST } from "../src/console/messages/en_first.ts";
import { HOST_DE } from "../src/console/messages/host_de.ts";
import { dateWords, dayWords, filled, numberWords, speak, t } from "../src/console/messages/messages.ts";

const KEYS = Object.keys(EN) as Key[];

function places(text: string): string[] {
  return [...text.matchAll(/\{\w+\}/gu)].map(String).sort();
}

beforeEach(() => {
  speak("en", EN);
  translateBy({});
});

test("every text has the same places in both languages", () => {
  for (const key of KEYS) assert.deepEqual(places(DE[key]), places(EN[key]), key);
});

test("what the host says in German fills only places it has in English", () => {
  for (const [english, german] of Object.entries(HOST_DE)) {
    const known = places(english);
    assert.ok(places(german).every((place) => known.includes(place)), english);
  }
});

test("the language spoken is the one that is heard, with dates and counts in its own way", () => {
  const day = "2026-01-02";
  assert.equal(t("step.camera"), "Camera");
  assert.equal(dayWords(day), "2 Jan 2026");
  assert.equal(numberWords(1234.5, 1), "1,234.5");
  speak("de", DE);
  assert.equal(t("step.camera"), "Kamera");
  assert.equal(t("prepare.slices", { count: 3 }), "3 Schichten");
  assert.equal(dayWords(day), "02.01.2026");
  assert.equal(numberWords(1234.5, 1), "1.234,5");
  assert.match(dateWords("2026-01-02T03:04:05Z"), /^\d\d\.01\.2026, \d\d:04$/u);
  assert.equal(dateWords("never"), "never");
});

test("words that are not here yet are seen as their key", () => {
  speak("en", EN_FIRST);
  assert.equal(t("step.team"), "Team");
  assert.equal(t("team.new_code"), "team.new_code");
});

test("a place without a value is seen", () => {
  assert.equal(filled("{a} and {b}", { a: 1 }), "1 and {b}");
});

test("mm keep one form in every language, H33", () => {
  speak("de", DE);
  assert.match(t("check.misfit", { misfit: (1.25).toFixed(1), expected: "0.8", by: "" }), /^1\.3 mm .*0\.8 mm/u);
});

test("a sentence of the host is translated by its pattern, and one nobody knows stays", () => {
  translateBy({
    "Choose a case.": "Wählen Sie einen Fall.",
    "The {part} was restarted: confirm again.": "Neustart: {part}. Bestätigen Sie wieder.",
    "{words} Confirm again.": "{words} Bestätigen Sie wieder.",
    "tracker": "Verfolgung",
    "Case {name}.": "Fall {name}.",
  });
  assert.equal(h("Choose a case."), "Wählen Sie einen Fall.");
  assert.equal(h("The tracker was restarted: confirm again."), "Neustart: Verfolgung. Bestätigen Sie wieder.");
  assert.equal(h("Choose a case. Confirm again."), "Wählen Sie einen Fall. Bestätigen Sie wieder.");
  assert.equal(h("Case Dr. (No) [x]."), "Fall Dr. (No) [x].");
  assert.equal(h("Nobody knows this."), "Nobody knows this.");
  assert.equal(h("Nobody knows this. Choose a case."), "Nobody knows this. Wählen Sie einen Fall.");
  assert.equal(h(""), "");
});

test("a pattern that says little fits nothing by chance", () => {
  translateBy(HOST_DE);
  assert.equal(h("Hip bone left"), "Hüftbein links");
  assert.equal(h("Nerve root S1 right"), "Nervenwurzel S1 rechts");
  assert.equal(h("Nerves and vessels that nobody knows"), "Nerves and vessels that nobody knows");
  assert.equal(h("What was done is right"), "What was done is right");
});

test("what a person reads most is German through and through", () => {
  translateBy(HOST_DE);
  assert.equal(
    h("Hold the board in the top left of the picture so that it fills half of it, facing the camera, upright."),
    "Halten Sie die Tafel oben links ins Bild, so dass sie es zur Hälfte füllt, gerade zur Kamera, aufrecht.",
  );
  assert.equal(
    h("Taken. Hold the board in the middle of the picture so that it fills the picture, its left side nearer to the camera, lying on its side."),
    "Genommen. Halten Sie die Tafel in die Mitte des Bildes, so dass sie das Bild füllt, ihre linke Seite näher an der Kamera, auf der Seite liegend.",
  );
  assert.equal(
    h("Registered by the board in the CT; expected error at Tumour: 1.2 mm."),
    "Registriert durch die Tafel im CT; erwarteter Fehler an Tumor: 1.2 mm.",
  );
  assert.equal(
    h("Sacral tip: 0.8 mm off, up to 2.4 mm were expected: agrees."),
    "Sacral tip: 0.8 mm daneben, bis 2.4 mm waren zu erwarten: stimmt.",
  );
  assert.equal(
    h("The camera tracking was restarted: confirm again."),
    "Neustart (Kameraverfolgung): Bestätigen Sie wieder.",
  );
});
