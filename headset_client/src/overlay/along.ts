/**
 * How far along itself each point of a surface lies, in metres: for the dashes of nerves.
 *
 * The way over the surface from the point that lies farthest from all others: on a tube that is the way along it,
 * however it bends. Dijkstra's algorithm over the edges of the triangles, once when a model is loaded.
 */

/** A point and how far it is, in a heap by that. */
interface Reached {
  readonly vertex: number;
  readonly metres: number;
}

/**
 * Write into `out`, one number a vertex, for the triangles in `index`; vertices of other triangles stay as they are.
 *
 * `positions` holds x y z of all vertices.
 */
export function measureAlong(positions: Float32Array, index: ArrayLike<number>, out: Float32Array): void {
  const neighbours = neighboursOf(index);
  const rest = new Set(neighbours.keys());
  // Each connected part for itself.
  while (rest.size > 0) {
    const first = rest.values().next().value!;
    const middle = walk(positions, neighbours, first, out);
    // From anywhere the farthest point is an end; from an end all of it is measured.
    for (const vertex of walk(positions, neighbours, middle.at(-1)!, out)) rest.delete(vertex);
  }
}

function neighboursOf(index: ArrayLike<number>): Map<number, number[]> {
  const neighbours = new Map<number, number[]>();
  const meet = (one: number, other: number): void => {
    const known = neighbours.get(one);
    if (known === undefined) neighbours.set(one, [other]);
    else known.push(other);
  };
  for (let at = 0; at + 2 < index.length; at += 3) {
    const [a, b, c] = [index[at]!, index[at + 1]!, index[at + 2]!];
    // Closed surfaces: each edge stands in two triangles, once in each direction.
    meet(a, b);
    meet(b, c);
    meet(c, a);
  }
  return neighbours;
}

/** Measure from one vertex; returns the vertices in the order in which they were reached. */
function walk(
  positions: Float32Array,
  neighbours: ReadonlyMap<number, readonly number[]>,
  from: number,
  out: Float32Array,
): number[] {
  const done = new Set<number>();
  const reached: number[] = [];
  const heap: Reached[] = [];
  push(heap, { vertex: from, metres: 0 });
  for (let nearest = pop(heap); nearest !== null; nearest = pop(heap)) {
    const { vertex, metres } = nearest;
    if (done.has(vertex)) continue;
    done.add(vertex);
    reached.push(vertex);
    out[vertex] = metres;
    for (const next of neighbours.get(vertex) ?? []) {
      if (!done.has(next)) push(heap, { vertex: next, metres: metres + distance(positions, vertex, next) });
    }
  }
  return reached;
}

function distance(positions: Float32Array, one: number, other: number): number {
  return Math.hypot(
    positions[3 * one]! - positions[3 * other]!,
    positions[3 * one + 1]! - positions[3 * other + 1]!,
    positions[3 * one + 2]! - positions[3 * other + 2]!,
  );
}

function push(heap: Reached[], item: Reached): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (heap[above]!.metres <= item.metres) break;
    heap[at] = heap[above]!;
    at = above;
  }
  heap[at] = item;
}

function pop(heap: Reached[]): Reached | null {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined) return null;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && heap[below + 1]!.metres < heap[below]!.metres) below += 1;
    if (heap[below]!.metres >= last.metres) break;
    heap[at] = heap[below]!;
    at = below;
  }
  heap[at] = last;
  return top;
}
