/** What the host told this device, the newest of each; void with every new connection. */

import type { CheckPoints, HeadsetWorld, HostMessage, Plan, Session, View, Welcome } from "../protocol.gen.ts";
import { type StageNow, stageNow } from "../overlay/staging.ts";

/** A host that is OFF may still have a case chosen: nothing of it stays here. */
function withoutPatient(session: Session): Session {
  const nothing = { case_id: null, case_name: null, model: null, target_key: null, expected_error_mm: null, plan_digest: null };
  return { ...session, ...nothing, structures: [], conditions: [], stage: 0 };
}

export class Told {
  welcome: Welcome | null = null;
  session: Session | null = null;
  checkPoints: CheckPoints | null = null;
  world: HeadsetWorld | null = null;
  view: View | null = null;
  plan: Plan | null = null;
  /** The newest sentence for people; empty for none. */
  notice = "";

  /** A host let this device in: whatever another connection said is void. */
  begin(welcome: Welcome): void {
    this.forget();
    this.welcome = welcome;
  }

  /** Let go of the session and everything of the patient. */
  forget(): void {
    this.welcome = null;
    this.session = null;
    this.checkPoints = null;
    this.world = null;
    this.view = null;
    this.plan = null;
    this.notice = "";
  }

  /** The stage of the plan that is on; null without one. */
  get stage(): StageNow | null {
    return stageNow(this.plan, this.session);
  }

  take(message: HostMessage): void {
    switch (message.type) {
      case "session":
        this.session = message.state === "OFF" ? withoutPatient(message) : message;
        break;
      case "check_points":
        this.checkPoints = message;
        break;
      case "headset_world":
        this.world = message;
        break;
      case "view":
        this.view = message;
        break;
      case "plan":
        this.plan = message;
        break;
      case "notice":
        this.notice = message.text;
        break;
      default:
    }
  }
}
