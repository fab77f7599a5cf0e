import assert from "node:assert/strict";
import { test } from "node:test";

import { Link, type LinkAction, POLICY } from "../src/net/link.ts";

function opened(actions: readonly LinkAction[]): number[] {
  return actions.flatMap((action) => (action.kind === "open" ? [action.id] : []));
}

function closed(actions: readonly LinkAction[]): number[] {
  return actions.flatMap((action) => (action.kind === "close" ? [action.id] : []));
}

function connectedLink(): { link: Link; id: number } {
  const link = new Link();
  const [id] = opened(link.start(0, { oneAtATime: false }));
  assert.equal(link.state(0), "connecting");
  link.greeted(id!, 10);
  assert.equal(link.state(10), "connected");
  return { link, id: id! };
}

test("silence races new sockets every 250 ms while poses are due, and the first greeted wins", () => {
  const { link, id } = connectedLink();
  link.expectPoses(true);
  link.heard(id, 1000);
  assert.deepEqual(link.tick(1250), []);
  assert.equal(link.state(1251), "silent");
  const [second] = opened(link.tick(1251));
  assert.deepEqual(link.tick(1400), []);
  const [third] = opened(link.tick(1501));
  assert.deepEqual(closed(link.greeted(third!, 1510)).sort(), [id, second!].sort());
  assert.ok(link.isCurrent(third!));
  assert.equal(link.state(1510), "connected");
});

test("the old socket, heard again, wins and the racers go", () => {
  const { link, id } = connectedLink();
  link.expectPoses(true);
  link.tick(300);
  const [racer] = opened(link.tick(400));
  assert.deepEqual(closed(link.heard(id, 410)), [racer]);
  assert.equal(link.state(410), "connected");
  assert.deepEqual(link.greeted(racer!, 420), []);
  assert.ok(link.isCurrent(id));
});

test("a page that was held up reads what came before it blames the host, but only once", () => {
  const { link, id } = connectedLink();
  link.expectPoses(true);
  link.heard(id, 1000);
  link.tick(1000);
  assert.deepEqual(link.tick(1400), [], "held up for 400 ms: the messages wait behind this tick");
  link.heard(id, 1401);
  assert.equal(link.state(1450), "connected");
  assert.deepEqual(link.tick(1900), [], "and again after it was heard");
  assert.equal(opened(link.tick(2300)).length, 1, "still nothing heard: now it is the host");
});

test("without poses due the answers to pings are waited for", () => {
  const { link } = connectedLink();
  assert.deepEqual(link.tick(10 + POLICY.quietWithPingsMs), []);
  assert.equal(opened(link.tick(11 + POLICY.quietWithPingsMs)).length, 1);
});

test("a closed socket is replaced at once, and never more than four race", () => {
  const { link, id } = connectedLink();
  let open = opened(link.closed(id, 2000)).length;
  assert.equal(open, 1);
  for (let nowMs = 2250; nowMs < 8000; nowMs += 250) {
    const actions = link.tick(nowMs);
    open += opened(actions).length - closed(actions).length;
    assert.ok(open <= POLICY.racers);
  }
  assert.equal(open, POLICY.racers);
});

test("a host away for long is asked once a second", () => {
  const { link, id } = connectedLink();
  link.closed(id, 0);
  let opens = 0;
  for (let nowMs = 20_000; nowMs < 30_000; nowMs += 25) opens += opened(link.tick(nowMs)).length;
  assert.ok(opens >= 9 && opens <= 11, `${opens}`);
});

test("a one-time code is spent on one socket at a time", () => {
  const link = new Link();
  const [first] = opened(link.start(0, { oneAtATime: true }));
  for (let nowMs = 25; nowMs < POLICY.patienceMs; nowMs += 25) assert.deepEqual(link.tick(nowMs), []);
  link.greeted(first!, POLICY.patienceMs);
  link.expectPoses(true);
  link.tick(POLICY.patienceMs + 200);
  assert.equal(opened(link.tick(POLICY.patienceMs + 300)).length, 1, "with a token it races");
});

test("stop closes everything and stays", () => {
  const { link, id } = connectedLink();
  link.expectPoses(true);
  link.tick(300);
  const [racer] = opened(link.tick(400));
  assert.deepEqual(closed(link.stop()).sort(), [id, racer!].sort());
  assert.deepEqual(link.tick(10_000), []);
  assert.equal(link.state(10_000), "stopped");
});
