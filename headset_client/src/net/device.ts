/** What this device calls itself on the nurse's console. */

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/Quest 3S/i, "Quest 3S"],
  [/Quest 3/i, "Quest 3"],
  [/Quest Pro/i, "Quest Pro"],
  [/Quest/i, "Quest"],
  [/Pico/i, "Pico"],
  [/HoloLens/i, "HoloLens"],
  [/Android XR|Galaxy XR/i, "Android XR"],
  [/iPad/i, "iPad"],
  [/iPhone/i, "iPhone"],
  [/Android/i, "Android"],
  [/Windows/i, "Windows"],
  [/Macintosh|Mac OS/i, "Mac"],
  [/Linux|CrOS/i, "Linux"],
];

/** A short name from the browser's own words: which device, and which of our pages. */
export function deviceName(userAgent: string, page: string): string {
  const device = KNOWN.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "Device";
  return `${device} ${page}`;
}
