/**
 * The six steps from the laptop to LIVE: how each stands, and the sentence that says what to do next.
 *
 * Nothing here decides what may be shown: the host's conditions do, and each condition belongs to one step. One
 * the table does not know belongs to the last step, so that nothing that holds LIVE back can go unseen.
 */

import type { ClientEntry, ConditionEntry, Session } from "../protocol.gen.ts";
import type { Heard } from "./console_state.ts";
import { h } from "./host_words.ts";
import { isUnderWay } from "./making.ts";
import { t } from "./messages/messages.ts";
import { type Step, STEPS } from "./step_order.ts";

export type Light = "good" | "wait" | "bad";

export interface Standing {
  readonly light: Light;
  /** The word of the light; never colour alone. */
  readonly word: string;
  /** What to do next, in one sentence; what holds, where nothing is to do. */
  readonly next: string;
}

export type Standings = { readonly [step in Step]: Standing };

/** What is judged: what the host said. */
export interface Judged {
  readonly heard: Heard;
}

const STEP_OF_CONDITION: { readonly [key: string]: Step } = {
  case: "patient",
  identity: "patient",
  calibration: "camera",
  registration: "register",
  accepted: "register",
  track: "register",
  plan: "check",
  check_point: "check",
  time_out: "check",
  confirmed: "live",
};

/** The conditions of a step that do not hold, in the host's order. */
export function openConditions(session: Session, step: Step): ConditionEntry[] {
  return session.conditions.filter(({ key, ok }) => !ok && (STEP_OF_CONDITION[key] ?? "live") === step);
}

/** Whether the patient of the chosen case is confirmed. */
export function isIdentified(session: Session): boolean {
  return session.case_id !== null && session.conditions.some(({ key, ok }) => key === "identity" && ok);
}

/** Whether somebody said what is to be done, and where; true where the host tells of no such thing. */
export function isPlanned({ procedure }: Heard): boolean {
  return procedure === undefined || procedure.side !== null;
}

/** How every step stands. */
export function standingsOf(judged: Judged): Standings {
  const { session } = judged.heard;
  if (session === undefined) {
    const waiting = standing("wait", t("shell.connecting"));
    return { patient: waiting, team: waiting, camera: waiting, register: waiting, check: waiting, live: waiting };
  }
  const before = {
    patient: patientStanding(judged, session),
    team: teamStanding(judged.heard),
    camera: cameraStanding(judged.heard, session),
    register: registerStanding(judged.heard, session),
    check: checkStanding(judged.heard, session),
  };
  return { ...before, live: liveStanding(before, session) };
}

/** The step to work on: the first that is not done; the last one while the overlay stands or could. */
export function firstOpenStep(judged: Judged): Step {
  const state = judged.heard.session?.state;
  if (state === "LIVE" || state === "LOST") return "live";
  const standings = standingsOf(judged);
  return STEPS.find((step) => standings[step].light !== "good") ?? "live";
}

function standing(light: Light, next: string, word = t(`light.${light}`)): Standing {
  return { light, word, next };
}

function patientStanding(judged: Judged, session: Session): Standing {
  const { preparing } = judged.heard;
  if (session.case_id === null) {
    if (preparing === undefined || !isUnderWay(preparing)) return standing("wait", t("next.no_case"));
    return standing("wait", t("next.case_being_made", { percent: Math.round(100 * preparing.fraction) }));
  }
  const open = openConditions(session, "patient")[0];
  if (open !== undefined) return standing("wait", h(open.words));
  if (!isPlanned(judged.heard)) return standing("wait", t("next.procedure"));
  return session.state === "OFF" ? standing("wait", t("next.open")) : standing("good", t("next.patient_done"));
}

function teamStanding({ clients, nearby }: Heard): Standing {
  const headsets = (clients?.clients ?? []).filter((client: ClientEntry) => client.role !== "nurse");
  const silent = headsets.find(({ link }) => link === "silent");
  if (silent !== undefined) return standing("bad", t("next.silent", { name: silent.name }));
  if (headsets.length === 0) return standing("wait", t("next.no_headset"));
  if (nearby !== undefined && nearby.hosts.length > 0) return standing("wait", t("next.other_host"));
  const { length: count } = headsets;
  return standing("good", count === 1 ? t("next.team_done_one") : t("next.team_done", { count }));
}

function cameraStanding({ camera }: Heard, session: Session): Standing {
  const open = openConditions(session, "camera")[0];
  if (camera === undefined) {
    return open === undefined ? standing("good", t("next.camera_done")) : standing("wait", h(open.words));
  }
  switch (camera.state) {
    case "away":
    case "unfit":
    case "doubted":
      return standing("bad", h(camera.words));
    case "checking":
    case "calibrating":
      return standing("wait", h(camera.calibration?.words || camera.words));
    case "fits":
      return open === undefined ? standing("good", h(camera.words)) : standing("wait", h(open.words));
  }
}

function registerStanding({ cases }: Heard, session: Session): Standing {
  if (session.case_id === null) return standing("wait", t("next.register_first_patient"));
  const open = openConditions(session, "register")[0];
  if (open === undefined) return standing("good", t("next.register_done"));
  const entry = cases?.cases.find(({ case_id }) => case_id === session.case_id);
  const refused = open.key === "registration" && entry?.registration === "refused";
  return standing(refused || session.state === "LOST" ? "bad" : "wait", h(open.words));
}

function checkStanding({ check_points }: Heard, session: Session): Standing {
  if (session.case_id === null) return standing("wait", t("next.register_first_patient"));
  const open = openConditions(session, "check")[0];
  if (open === undefined) return standing("good", t("next.check_done"));
  const disagrees = check_points?.landmarks.some(({ touched }) => touched?.word === "disagrees") ?? false;
  return standing(disagrees ? "bad" : "wait", h(open.words));
}

function liveStanding(before: Omit<Standings, "live">, session: Session): Standing {
  if (session.state === "LIVE") return { light: "good", word: "LIVE", next: t("next.live") };
  if (session.state === "LOST") return { light: "bad", word: "LOST", next: h(session.why) };
  // Headsets may come at any time: the team holds nobody back.
  const needed = STEPS.filter((step) => step !== "team" && step !== "live");
  const open = needed.find((step) => before[step as keyof typeof before].light !== "good") as keyof typeof before;
  if (open !== undefined) {
    const words = before[open].next;
    const number = STEPS.indexOf(open) + 1;
    return standing("wait", t("next.still_open", { number, step: t(`step.${open}`), words }));
  }
  const other = openConditions(session, "live").find(({ key }) => key !== "confirmed");
  if (other !== undefined) return standing("wait", h(other.words));
  return standing("wait", t("next.start"), t("light.ready"));
}
