/** What the host says, in German: one sentence a line; what stands in `{name}` is translated too where it can be. */

import type { HostWords } from "../host_words.ts";

export const HOST_DE: HostWords = {
  "Research use only. Do not rely on it as the sole guide.": "Nur für Forschung. Nicht als alleinige Orientierung verwenden.",
  "unknown": "unbekannt",
  "none": "keine",
  "over 100 s": "über 100 s",
};
