import assert from "node:assert/strict";
import { test } from "node:test";

import { BufferGeometry, Float32BufferAttribute, Group, LineSegments, Mesh, Uint8BufferAttribute } from "three";

import { PlanShapes } from "../src/scene/plan_shapes.ts";

/** As hosts write them: steps of a millimetre under a node that scales, each figure moved to its middle. */
function figures(): Group {
  const file = new Group();
  const all = new Group();
  all.name = "all-structures";
  all.scale.setScalar(0.001);
  file.add(all);
  const positions = new Float32BufferAttribute([0, 0, 0, 100, 0, 0, 0, 200, 0, 0, 0, -300], 3);
  const lines = new BufferGeometry().setAttribute("position", positions).setIndex([0, 1, 1, 2]);
  const cut = new LineSegments(lines);
  cut.name = "cut.high_cut";
  cut.position.set(10, 20, 30);
  const wire = new LineSegments(new BufferGeometry().setAttribute("position", positions));
  wire.name = "shell_10";
  const surface = new BufferGeometry().setAttribute("position", positions).setIndex([0, 1, 2]);
  surface.setAttribute("color", new Uint8BufferAttribute([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 0, 0, 0, 255], 4, true));
  // A figure of several pieces is a group.
  const margin = new Group().add(new Mesh(surface));
  margin.name = "margin";
  const stranger = new Mesh(surface);
  stranger.name = "sacrum";
  all.add(cut, wire, margin, stranger);
  return file;
}

const near = (found: ArrayLike<number>, wanted: readonly number[]) => {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, at) => assert.ok(Math.abs(found[at]! - value) < 1e-6, `${Array.from(found)} is not ${wanted}`));
};

test("lines are told end by end in metres, by the plane they belong to", () => {
  const shapes = new PlanShapes(figures());
  assert.deepEqual([...shapes.cuts.keys()], ["high_cut"]);
  const a = [0.01, 0.02, 0.03];
  const b = [0.11, 0.02, 0.03];
  near(shapes.cuts.get("high_cut")!, [...a, ...b, ...b, 0.01, 0.22, 0.03]);
});

test("what can be switched is known by name, and nothing else is taken over", () => {
  const shapes = new PlanShapes(figures());
  assert.deepEqual([...shapes.names].sort(), ["margin", "shell_10"]);
  assert.equal(shapes.of("near"), null);
  near(shapes.of("shell_10")!.getAttribute("position").array, [0, 0, 0, 0.1, 0, 0, 0, 0.2, 0, 0, 0, -0.3]);
  const margin = shapes.of("margin")!;
  const color = margin.getAttribute("color");
  assert.deepEqual([color.getX(1), color.getY(1), color.getZ(2)], [0, 1, 1]);
  near(margin.getAttribute("normal").array.slice(0, 3), [0, 0, 1]);
  assert.equal(margin.index!.count, 3);
});
