/** Fetches the words of a language and has the page speak it; the words of the first page in English are here already. */

import { translateBy } from "../host_words.ts";
import { type Language, speak } from "./messages.ts";

/** Rejects where the words cannot be fetched; the page then goes on in the language it has. */
export async function learn(language: Language): Promise<void> {
  if (language === "en") {
    const { EN } = await import("./en.ts");
    speak("en", EN);
    translateBy({});
    return;
  }
  const [{ DE }, { HOST_DE }] = await Promise.all([import("./de.ts"), import("./host_de.ts")]);
  speak("de", DE);
  translateBy(HOST_DE);
}
