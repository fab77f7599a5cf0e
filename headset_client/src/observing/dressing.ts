/** Dresses model and plan as everything that was told says together: the view, the stage of the plan, and the switches here. */

import { looksOf } from "../overlay/look.ts";
import { type Colours, Paints } from "../overlay/paints.ts";
import { FIRST_VIEW } from "../overlay/presets.ts";
import { sightOf } from "../overlay/stage_sight.ts";
import type { Plan, View } from "../protocol.gen.ts";
import type { ModelKeeper } from "../scene/model.ts";
import { PlanKeeper } from "../scene/plan_keeper.ts";
import type { PlanShapes } from "../scene/plan_shapes.ts";
import type { Stage } from "../scene/stage.ts";
import type { Told } from "./told.ts";

export class Dressing {
  readonly paints = new Paints();
  readonly #told: Told;
  readonly #stage: Stage;
  readonly #models: ModelKeeper;
  readonly #onChange: () => void;
  readonly #plans = new PlanKeeper((shapes) => {
    this.#shapes = shapes;
    this.paints.offer(shapes?.names ?? []);
    this.#dress();
  });
  #shapes: PlanShapes | null = null;
  /** What it was all dressed by last. */
  #view: View | null = null;
  #plan: Plan | null = null;
  #number = 0;
  #targetKey: string | null = null;
  #painted: Colours | null = null;

  /** `onChange`: something else is to be seen than before. */
  constructor(told: Told, stage: Stage, models: ModelKeeper, onChange: () => void) {
    this.#told = told;
    this.#stage = stage;
    this.#models = models;
    this.#onChange = onChange;
  }

  /** The colours that are on the tumour; null where it is drawn in its own, or not at all. */
  get painted(): Colours | null {
    return this.#painted;
  }

  /** Something was told; most of it changes nothing here. */
  heard(): void {
    const { plan, stage, view, session } = this.#told;
    const planned = stage === null ? null : plan;
    const number = stage?.number ?? 0;
    const targetKey = session?.target_key ?? null;
    const same = this.#view === view && this.#plan === planned && this.#number === number;
    if (same && this.#targetKey === targetKey) return;
    this.#view = view;
    this.#plan = planned;
    this.#number = number;
    this.#targetKey = targetKey;
    this.#plans.want(planned?.model ?? null);
    this.#dress();
  }

  /** The tumour in the next colours, or in its own. */
  nextColours(): void {
    this.paints.nextColours();
    this.#dress();
  }

  /** The next shell, or none. */
  nextShell(): void {
    this.paints.nextShell();
    this.#dress();
  }

  #dress(): void {
    const { session, stage: now } = this.#told;
    const plan = this.#plan;
    const view = this.#view ?? FIRST_VIEW;
    const sight = sightOf(now);
    const target = this.#targetKey;
    const painted = this.paints.colours === null ? null : target;
    this.#models.wear(view, sight, painted);
    const planes = plan?.planes.filter(({ key }) => now?.stage.planes.includes(key)) ?? [];
    this.#stage.plan.take(now === null ? null : { digest: now.digest, planes, margins: plan?.margins ?? [] }, this.#shapes);
    const look = target === null ? undefined : looksOf(session?.structures ?? [], view, sight, painted).byKey.get(target);
    // What was taken out of the patient has no colours there, and no shell round it.
    this.#painted = look?.painted ? this.paints.colours : null;
    this.#stage.plan.paint(this.#painted, look?.gone ? null : this.paints.shell);
    this.#stage.setView(view, new Map(plan?.roots.map(({ key, kept }) => [key, kept])));
    this.#onChange();
  }
}
