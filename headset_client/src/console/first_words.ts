/** What the nurse reads on the first page where the wire has codes. */

import { expectedErrorText } from "../overlay/words.ts";
import type { CaseEntry, LogHead } from "../protocol.gen.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import type { Light } from "./steps.ts";

/** The registration of a case, in one word of the traffic light and one phrase. */
export function registrationWords(entry: CaseEntry): { light: Light; words: string } {
  switch (entry.registration) {
    case "accepted":
      return { light: "good", words: t("registration.accepted", { error: h(expectedErrorText(entry.expected_error_mm)) }) };
    case "refused":
      return { light: "bad", words: t("registration.refused") };
    case "missing":
      return { light: "wait", words: t("registration.missing") };
  }
}

/** The newest entry of the host's log, as `orview audit verify --head` takes it. */
export function logHeadWords(head: LogHead | undefined): string {
  return head === undefined ? "" : ` ${t("shell.log", { sequence: head.sequence, link: head.link })}`;
}
