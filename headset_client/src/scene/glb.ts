/**
 * Reads the models that a host makes: binary glTF with one buffer, plain or compressed with EXT_meshopt_compression.
 *
 * three.js has a reader of all of glTF, which is a ninth of all this page may weigh; of it a host's models need nodes that
 * move, turn and scale, and triangles with positions, normals and colours. Materials are not read: how a
 * structure looks, the view says. What asks for more is refused, never drawn by half.
 */

import { BufferAttribute, BufferGeometry, Group, LineSegments, Mesh, Object3D } from "three";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";

type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Uint32Array | Float32Array;

interface Compressed {
  readonly buffer: number;
  readonly byteOffset?: number;
  readonly byteLength: number;
  readonly byteStride: number;
  readonly count: number;
  readonly mode: "ATTRIBUTES" | "TRIANGLES" | "INDICES";
  readonly filter?: "NONE" | "OCTAHEDRAL" | "QUATERNION" | "EXPONENTIAL";
}

interface Gltf {
  readonly scene?: number;
  readonly scenes: readonly { readonly nodes: readonly number[] }[];
  readonly nodes: readonly {
    readonly name?: string;
    readonly mesh?: number;
    readonly children?: readonly number[];
    readonly matrix?: unknown;
    readonly translation?: readonly [number, number, number];
    readonly rotation?: readonly [number, number, number, number];
    readonly scale?: readonly [number, number, number];
    readonly extras?: Record<string, unknown>;
  }[];
  readonly meshes: readonly {
    readonly primitives: readonly {
      readonly attributes: Readonly<Record<string, number>>;
      readonly indices?: number;
      readonly mode?: number;
    }[];
  }[];
  readonly accessors: readonly {
    readonly bufferView?: number;
    readonly byteOffset?: number;
    readonly componentType: keyof typeof ARRAYS;
    readonly count: number;
    readonly type: keyof typeof SIZES;
    readonly normalized?: boolean;
    readonly sparse?: unknown;
  }[];
  readonly bufferViews: readonly {
    readonly buffer: number;
    readonly byteOffset?: number;
    readonly byteLength: number;
    readonly byteStride?: number;
    readonly extensions?: { readonly EXT_meshopt_compression?: Compressed };
  }[];
  readonly extensionsRequired?: readonly string[];
}

const ARRAYS = {
  5120: Int8Array,
  5121: Uint8Array,
  5122: Int16Array,
  5123: Uint16Array,
  5125: Uint32Array,
  5126: Float32Array,
} as const;
const SIZES = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 } as const;
const NAMES: Readonly<Record<string, string>> = { POSITION: "position", NORMAL: "normal", COLOR_0: "color" };
const KNOWN: readonly string[] = ["EXT_meshopt_compression", "KHR_mesh_quantization"];
const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;
const LINES = 1;
const TRIANGLES = 4;

/** The scene of a GLB; `lines`: it may hold lines too. Throws where it is none, or holds what is not read here. */
export async function readGlb(bytes: ArrayBuffer, lines = false): Promise<Group> {
  const { gltf, binary } = chunksOf(bytes);
  const unknown = gltf.extensionsRequired?.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new Error(`The model needs ${unknown}.`);
  await MeshoptDecoder.ready;
  const views = gltf.bufferViews.map((view) => viewOf(view, binary));
  const attributes = new Map<number, BufferAttribute>();
  const attribute = (number: number): BufferAttribute => {
    let made = attributes.get(number);
    if (made === undefined) attributes.set(number, (made = attributeOf(gltf, number, views)));
    return made;
  };
  const node = (number: number): Object3D => {
    const { name, mesh, children, matrix, translation, rotation, scale, extras } = gltf.nodes[number]!;
    if (matrix !== undefined) throw new Error("A node of the model has a matrix.");
    const object = mesh === undefined ? new Group() : meshOf(gltf, mesh, attribute, lines);
    object.name = name ?? "";
    object.userData = { ...extras };
    if (translation !== undefined) object.position.fromArray(translation);
    if (rotation !== undefined) object.quaternion.fromArray(rotation);
    if (scale !== undefined) object.scale.fromArray(scale);
    for (const child of children ?? []) object.add(node(child));
    return object;
  };
  const scene = new Group();
  for (const number of gltf.scenes[gltf.scene ?? 0]!.nodes) scene.add(node(number));
  return scene;
}

function chunksOf(bytes: ArrayBuffer): { gltf: Gltf; binary: Uint8Array } {
  const head = new DataView(bytes);
  if (head.getUint32(0, true) !== MAGIC || head.getUint32(4, true) !== 2) throw new Error("The model is no GLB.");
  const jsonBytes = head.getUint32(12, true);
  if (head.getUint32(16, true) !== JSON_CHUNK) throw new Error("The model does not begin with its JSON.");
  const gltf = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, jsonBytes))) as Gltf;
  const at = 20 + jsonBytes;
  if (head.getUint32(at + 4, true) !== BINARY_CHUNK) throw new Error("The model has no binary part.");
  return { gltf, binary: new Uint8Array(bytes, at + 8, head.getUint32(at, true)) };
}

/** The bytes of a view, unpacked where they are packed; without a copy where they are not. */
function viewOf(view: Gltf["bufferViews"][number], binary: Uint8Array): Uint8Array {
  const packed = view.extensions?.EXT_meshopt_compression;
  const { buffer, byteOffset = 0, byteLength } = packed ?? view;
  if (buffer !== 0) throw new Error("A part of the model lies in another file.");
  const told = binary.subarray(byteOffset, byteOffset + byteLength);
  if (told.length !== byteLength) throw new Error("A part of the model is cut.");
  if (packed === undefined) return told;
  const { count, byteStride, mode, filter } = packed;
  const unpacked = new Uint8Array(count * byteStride);
  MeshoptDecoder.decodeGltfBuffer(unpacked, count, byteStride, told, mode, filter ?? "NONE");
  return unpacked;
}

/** One accessor, its rows moved together. */
function attributeOf(gltf: Gltf, number: number, views: readonly Uint8Array[]): BufferAttribute {
  const { bufferView, byteOffset = 0, componentType, count, type, normalized, sparse } = gltf.accessors[number]!;
  const Kind = ARRAYS[componentType];
  const size = SIZES[type];
  if (bufferView === undefined || sparse !== undefined || Kind === undefined || size === undefined) {
    throw new Error("The model has numbers of a kind that is not read.");
  }
  const view = views[bufferView]!;
  const rowBytes = size * Kind.BYTES_PER_ELEMENT;
  const packed = gltf.bufferViews[bufferView]!.extensions?.EXT_meshopt_compression;
  const stride = packed?.byteStride ?? gltf.bufferViews[bufferView]!.byteStride ?? rowBytes;
  if (byteOffset + (count - 1) * stride + rowBytes > view.length) throw new Error("A part of the model is cut.");
  const rows = new Uint8Array(count * rowBytes);
  if (stride === rowBytes) rows.set(view.subarray(byteOffset, byteOffset + count * rowBytes));
  else {
    for (let row = 0; row < count; row += 1) {
      const from = byteOffset + row * stride;
      rows.set(view.subarray(from, from + rowBytes), row * rowBytes);
    }
  }
  const numbers: Numbers = new Kind(rows.buffer);
  return new BufferAttribute(numbers, size, normalized ?? false);
}

function meshOf(
  gltf: Gltf,
  number: number,
  attribute: (number: number) => BufferAttribute,
  lines: boolean,
): Object3D {
  const meshes = gltf.meshes[number]!.primitives.map(({ attributes, indices, mode = TRIANGLES }) => {
    if ((mode !== TRIANGLES && !(lines && mode === LINES)) || attributes["POSITION"] === undefined) {
      throw new Error("The model holds something else than triangles.");
    }
    const geometry = new BufferGeometry();
    for (const [told, name] of Object.entries(NAMES)) {
      const from = attributes[told];
      if (from !== undefined) geometry.setAttribute(name, attribute(from));
    }
    if (indices !== undefined) geometry.setIndex(attribute(indices));
    return mode === LINES ? new LineSegments(geometry) : new Mesh(geometry);
  });
  return meshes.length === 1 ? meshes[0]! : new Group().add(...meshes);
}
