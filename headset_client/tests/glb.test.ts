import assert from "node:assert/strict";
import { test } from "node:test";

import { MeshoptEncoder } from "meshoptimizer";
import { LineSegments, Mesh, type Object3D, Vector3 } from "three";

import { readGlb } from "../src/scene/glb.ts";

/** Two triangles, positions in steps of 1 mm padded to four, as hosts write them. */
const STEPS = Int16Array.of(0, 0, 0, 0, 100, 0, 0, 0, 0, 200, 0, 0, 0, 0, -300, 0);
const INDICES = Uint16Array.of(0, 1, 2, 0, 2, 3);
const COLORS = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 51, 51, 51, 255);

interface View {
  bytes: Uint8Array;
  told: object;
}

function glb(gltf: object, binary: Uint8Array): ArrayBuffer {
  const words = new TextEncoder().encode(JSON.stringify(gltf));
  const json = new Uint8Array(Math.ceil(words.length / 4) * 4).fill(0x20);
  json.set(words);
  const data = new Uint8Array(Math.ceil(binary.length / 4) * 4);
  data.set(binary);
  const bytes = new Uint8Array(12 + 8 + json.length + 8 + data.length);
  const head = new DataView(bytes.buffer);
  for (const [at, number] of [[0, 0x46546c67], [4, 2], [8, bytes.length], [12, json.length], [16, 0x4e4f534a]] as const) {
    head.setUint32(at, number, true);
  }
  bytes.set(json, 20);
  head.setUint32(20 + json.length, data.length, true);
  head.setUint32(24 + json.length, 0x004e4942, true);
  bytes.set(data, 28 + json.length);
  return bytes.buffer;
}

function model(views: readonly View[], changes: Record<string, unknown> = {}): ArrayBuffer {
  let at = 0;
  const parts = views.map(({ bytes }) => {
    const byteOffset = at;
    at += Math.ceil(bytes.length / 4) * 4;
    return { bytes, byteOffset };
  });
  const binary = new Uint8Array(at);
  for (const { bytes, byteOffset } of parts) binary.set(bytes, byteOffset);
  const place = (index: number): object => ({ buffer: 0, byteOffset: parts[index]!.byteOffset, byteLength: parts[index]!.bytes.length });
  return glb(
    {
      asset: { version: "2.0" },
      scenes: [{ nodes: [0] }],
      nodes: [
        { name: "all-structures", scale: [0.001, 0.001, 0.001], children: [1] },
        { name: "tumour", mesh: 0, translation: [10, 20, 30], extras: { orview: { rigid: true } } },
      ],
      meshes: [{ primitives: [{ attributes: { POSITION: 0, COLOR_0: 2 }, indices: 1 }] }],
      accessors: [
        { bufferView: 0, componentType: 5122, count: 4, type: "VEC3" },
        { bufferView: 1, componentType: 5123, count: 6, type: "SCALAR" },
        { bufferView: 2, componentType: 5121, count: 4, type: "VEC4", normalized: true },
      ],
      bufferViews: views.map(({ told }, index) =>
        "mode" in told
          ? { buffer: 1, byteLength: 1, extensions: { EXT_meshopt_compression: { ...place(index), ...told } } }
          : { ...place(index), ...told },
      ),
      ...changes,
    },
    binary,
  );
}

const bytesOf = (numbers: Int16Array | Uint16Array | Uint8Array): Uint8Array => new Uint8Array(numbers.buffer.slice(0));
const PLAIN: readonly View[] = [
  { bytes: bytesOf(STEPS), told: { byteStride: 8 } },
  { bytes: bytesOf(INDICES), told: {} },
  { bytes: bytesOf(COLORS), told: { byteStride: 4 } },
];

async function packed(): Promise<readonly View[]> {
  await MeshoptEncoder.ready;
  return [
    {
      bytes: MeshoptEncoder.encodeVertexBuffer(bytesOf(STEPS), 4, 8),
      told: { byteStride: 8, count: 4, mode: "ATTRIBUTES" },
    },
    { bytes: MeshoptEncoder.encodeIndexBuffer(bytesOf(INDICES), 6, 2), told: { byteStride: 2, count: 6, mode: "TRIANGLES" } },
    {
      bytes: MeshoptEncoder.encodeVertexBuffer(bytesOf(COLORS), 4, 4),
      told: { byteStride: 4, count: 4, mode: "ATTRIBUTES", filter: "NONE" },
    },
  ];
}

function check(scene: Object3D): void {
  const mesh = scene.getObjectByName("tumour");
  assert.ok(mesh instanceof Mesh);
  assert.deepEqual(mesh.userData, { orview: { rigid: true } });
  scene.updateMatrixWorld(true);
  const position = mesh.geometry.getAttribute("position");
  const corner = (index: number): Vector3 => new Vector3().fromBufferAttribute(position, index).applyMatrix4(mesh.matrixWorld);
  for (const [index, [x, y, z]] of [[0, [0.01, 0.02, 0.03]], [1, [0.11, 0.02, 0.03]], [3, [0.01, 0.02, -0.27]]] as const) {
    assert.ok(corner(index).distanceTo(new Vector3(x, y, z)) < 1e-12);
  }
  // A codec may turn the corners of a triangle round.
  const told = Array.from(mesh.geometry.index!.array);
  for (const triangle of [[0, 1, 2], [0, 2, 3]]) {
    const turns = [0, 1, 2].map((turn) => [0, 1, 2].map((corner) => triangle[(corner + turn) % 3]).join());
    assert.ok([told.slice(0, 3).join(), told.slice(3).join()].some((found) => turns.includes(found)));
  }
  const color = mesh.geometry.getAttribute("color");
  assert.deepEqual([color.getX(1), color.getY(1), color.getZ(1)], [0, 1, 0]);
  assert.ok(Math.abs(color.getX(3) - 0.2) < 1e-6);
}

test("a plain model is read as it was written", async () => check(await readGlb(model(PLAIN))));

test("a packed model is the same", async () => check(await readGlb(model(await packed()))));

test("lines are read where they are asked for, and refused in models", async () => {
  const lines = () => model(PLAIN, { meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode: 1 }] }] });
  await assert.rejects(readGlb(lines()));
  const read = (await readGlb(lines(), true)).getObjectByName("tumour");
  assert.ok(read instanceof LineSegments);
  assert.equal(read.geometry.getAttribute("position").count, 4);
  check(await readGlb(model(PLAIN), true));
  await assert.rejects(readGlb(model(PLAIN, { meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode: 3 }] }] }), true));
});

test("what is no model, or more than is read here, is refused", async () => {
  const bad: readonly ArrayBuffer[] = [
    new ArrayBuffer(40),
    model(PLAIN, { extensionsRequired: ["KHR_draco_mesh_compression"] }),
    model(PLAIN, { nodes: [{ mesh: 0, matrix: [] }] }),
    model(PLAIN, { meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode: 1 }] }] }),
    model(PLAIN, { accessors: [{ bufferView: 0, componentType: 5122, count: 5, type: "VEC3" }] }),
    model(PLAIN, { accessors: [{ componentType: 5122, count: 4, type: "VEC3" }] }),
    model([{ bytes: new Uint8Array(4), told: { byteStride: 8, count: 4, mode: "ATTRIBUTES" } }, ...PLAIN.slice(1)]),
  ];
  for (const bytes of bad) await assert.rejects(readGlb(bytes));
  const whole = model(PLAIN);
  for (const cut of [8, 19, 60]) await assert.rejects(readGlb(whole.slice(0, cut)));
});
