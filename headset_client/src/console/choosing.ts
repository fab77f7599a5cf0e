/** Which camera the room has, and its profile: of when it is, and how wrong the overlay may be by it. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Camera, ProfileEntry, Session } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { dayWords, t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";

/** "today", "yesterday", "63 days ago" */
export function ageWords(days: number): string {
  if (days === 0) return t("camera.today");
  return days === 1 ? t("camera.yesterday") : t("camera.days_ago", { days });
}

/** "0.75 mm at a target (limit 1.00 mm)" */
export function profileErrorWords(profile: ProfileEntry): string {
  const limit = `${profile.limit_mm.toFixed(2)} mm`;
  if (profile.error_mm === null) return t("camera.profile_error_unknown", { limit });
  return t("camera.profile_error", { error: `${profile.error_mm.toFixed(2)} mm`, limit });
}

/** Whether another camera would end what stands now: then she is asked before. */
export function endsLive(session: Pick<Session, "state"> | undefined): boolean {
  return session?.state === "LIVE" || session?.state === "LOST";
}

/** The cameras to choose from; nothing where there is no choice. */
export function choosingTemplate(
  camera: Camera,
  { heard: { session }, picked }: Pick<ConsoleState, "heard" | "picked">,
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  const { cameras, chosen } = camera;
  if (cameras.length === 0 || (cameras.length === 1 && cameras[0]!.key === chosen)) return nothing;
  const stands = endsLive(session);
  return html`<div class="choosing" role="group" aria-labelledby="choosing-title">
    <h4 id="choosing-title">${t("camera.which")}</h4>
    <ul class="cameras">
      ${cameras.map(({ key, name }) => {
        const take = () => (stands ? actions.pick({ otherCamera: key }) : choose(key, actions));
        return html`<li>
          <span class="name">${h(name)}</span>
          ${
            key === chosen
              ? lamp(camera.state === "away" ? "bad" : "good", t("camera.in_use"))
              : stands && picked.otherCamera === key
                ? askedTemplate(key, h(name), actions)
                : html`<button type="button" aria-label=${t("camera.take_named", { name: h(name) })} @click=${take}>
                    ${t("camera.take")}
                  </button>`
          }
        </li>`;
      })}
    </ul>
    ${stands ? html`<p class="hint">${t("camera.other_ends_live")}</p>` : nothing}
  </div>`;
}

function choose(key: string, actions: ConsoleActions): void {
  actions.send({ type: "choose_camera", key });
  actions.pick({ otherCamera: null });
}

/** The second thought before the end of LIVE. */
function askedTemplate(key: string, name: string, actions: ConsoleActions): TemplateResult {
  return html`<div class="asked" role="alert">
    <p>${t("camera.other_sure", { name })}</p>
    <div class="choices">
      <button type="button" class="stop" @click=${() => choose(key, actions)}>${t("camera.other_do", { name })}</button>
      <button type="button" @click=${() => actions.pick({ otherCamera: null })}>${t("camera.other_not")}</button>
    </div>
  </div>`;
}

/** The profile in use, or that there is none. */
export function profileTemplate({ profile, state }: Camera): TemplateResult | typeof nothing {
  if (profile === null) return state === "away" ? nothing : html`<p class="hint">${t("camera.no_profile")}</p>`;
  return html`<dl class="facts">
    <div>
      <dt>${t("camera.profile")}</dt>
      <dd>${h(profile.name)}</dd>
    </div>
    <div>
      <dt>${t("camera.calibrated_on")}</dt>
      <dd>${dayWords(profile.calibrated_on)}, ${ageWords(profile.age_days)}</dd>
    </div>
    <div>
      <dt>${t("camera.profile_error_title")}</dt>
      <dd class="number">${profileErrorWords(profile)}</dd>
    </div>
  </dl>`;
}
