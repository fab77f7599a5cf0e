/** What may be said to the headset, and what is no command: theatres are full of talk. */

import type { Command } from "./menu.ts";

/** Said before every command, so that no sentence between people is one. */
const NAME = "headset";
const COMMANDS: Readonly<Record<string, Command>> = {
  clear: { do: "clear" },
  show: { do: "show" },
  // With a plan they lead through its stages, without one through the presets.
  next: { do: "stage", step: 1, turned: false },
  previous: { do: "stage", step: -1, turned: false },
};

/** How it is told to the wearer. */
export const VOICE_WORDS = Object.keys(COMMANDS).map((word) => `“${NAME} ${word}”`).join(", ");

/** The command of an utterance that ends in one; null for all other talk. */
export function commandIn(utterance: string): Command | null {
  const words = utterance
    .toLowerCase()
    .replace(/[^a-z]+/g, " ")
    .replaceAll("head set", NAME)
    .trim()
    .split(" ");
  const [name, word] = words.slice(-2);
  return name === NAME && word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word]! : null;
}
