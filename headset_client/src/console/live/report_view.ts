/** The report of the session that ended: that it is being written, and its two files to save. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";

/** The panel; nothing before a session ended, nor beside the next one, which may be another patient's. */
export function reportTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const report = state.heard.session_report;
  if (report === undefined || report.state === "none" || state.heard.session?.state !== "OFF") return nothing;
  const save = (url: string, words: string) =>
    html`<button type="button" @click=${() => void saved(url, actions)}>${words}</button>`;
  return html`<section class="card" aria-labelledby="report-title" role="status">
    <h3 id="report-title">${t("report.title")}</h3>
    ${report.state === "writing" ? html`<p>${t("report.writing")}</p>` : nothing}
    ${report.state === "failed" ? html`<p class="refusal">${t("report.failed")} ${h(report.words)}</p>` : nothing}
    ${
      report.html === null || report.pdf === null
        ? nothing
        : html`<p class="detail number">${report.name}</p>
            <div class="choices">${save(report.pdf, t("report.pdf"))} ${save(report.html, t("report.html"))}</div>`
    }
  </section>`;
}

/** Fetch a file with the nurse's token and hand it to the browser to save. */
async function saved(url: string, actions: ConsoleActions): Promise<void> {
  const answer = await actions.get(url);
  if (!answer.ok) return;
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = `orview_${url.slice(url.lastIndexOf("/") + 1)}`;
  link.click();
  // The browser has it by then; what names a case does not stay in this page.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
