/** Canonical forms and proofs of identifiers: the same as the host's, by the vectors both read. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { dateForm, identifierForm, proofOf, typedForms, typedNames, typedProofs } from "../src/console/identifying.ts";
import type { IdentifierKind } from "../src/protocol.gen.ts";
import { vectors } from "./vectors.ts";

interface Vectors {
  salt: string;
  names: { typed: string; forms: string[] }[];
  patient_ids: { typed: string; form: string }[];
  dates: { typed: string; language: string; day: string }[];
  proofs: { kind: IdentifierKind; form: string; proof: string }[];
}
const VECTORS = vectors<Vectors>("identity");

test("names have the host's forms", () => {
  for (const { typed, forms } of VECTORS.names) assert.deepEqual(typedNames(typed), forms, typed);
});

test("numbers have the host's form", () => {
  for (const { typed, form } of VECTORS.patient_ids) assert.equal(identifierForm(typed), form, typed);
});

test("days are read or refused as the host does", () => {
  for (const { typed, language, day } of VECTORS.dates) assert.equal(dateForm(typed, language), day, `${typed} ${language}`);
});

test("proofs are the host's", async () => {
  for (const { kind, form, proof } of VECTORS.proofs) assert.equal(await proofOf(kind, form, VECTORS.salt), proof);
});

test("what is unusable has no proof, and a name with marks has two", async () => {
  assert.deepEqual(await typedProofs("birth_date", "2/4/1961", VECTORS.salt, "en"), []);
  assert.deepEqual(await typedProofs("patient_id", " - ", VECTORS.salt, "en"), []);
  assert.equal((await typedProofs("name", "Jörg Müller", VECTORS.salt, "en")).length, 2);
  assert.deepEqual(typedForms("birth_date", "2/4/1961", "de"), ["19610402"]);
});
