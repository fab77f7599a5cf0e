// Reads GLB files as other programs do: one JSON line per file {path, scene, nodes} with what each drawn node shows.
// Usage: node read_back.mjs CLIENT_FOLDER three|gltf-transform FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [clientFolder, reader, ...files] = process.argv.slice(2);
const require = createRequire(join(clientFolder, "package.json"));
const load = (path) => import(pathToFileURL(join(clientFolder, "node_modules", path)).href);

/** Named nodes of a file in three.js, with the decoder that three.js brings. */
async function withThree() {
  const three = await load("three/build/three.module.js");
  const { GLTFLoader } = await load("three/examples/jsm/loaders/GLTFLoader.js");
  const { MeshoptDecoder } = await load("three/examples/jsm/libs/meshopt_decoder.module.js");
  const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
  return async (bytes) => {
    const { scene } = await loader.parseAsync(bytes.buffer, "");
    scene.updateMatrixWorld(true);
    const nodes = [];
    scene.traverse((node) => {
      if (node === scene) return;
      const described = { name: node.name, extras: node.userData.orview };
      if (node.isMesh) {
        const { position, normal } = node.geometry.attributes;
        const turn = new three.Matrix3().getNormalMatrix(node.matrixWorld);
        const rows = (attribute, carried) =>
          Array.from({ length: attribute.count }, (_, n) =>
            carried(new three.Vector3().fromBufferAttribute(attribute, n)).toArray(),
          );
        described.shown = shown(
          rows(position, (point) => point.applyMatrix4(node.matrixWorld)),
          rows(normal, (direction) => direction.applyMatrix3(turn).normalize()),
          node.geometry.index.array,
        );
      }
      nodes.push(described);
    });
    return { scene: scene.userData.orview, nodes };
  };
}

/** The same with glTF-Transform and meshoptimizer's own decoder. */
async function withTransform() {
  const { WebIO } = require("@gltf-transform/core");
  const { EXTMeshoptCompression, KHRMeshQuantization } = require("@gltf-transform/extensions");
  const { MeshoptDecoder } = await load("meshoptimizer/index.js");
  await MeshoptDecoder.ready;
  const io = new WebIO()
    .registerExtensions([EXTMeshoptCompression, KHRMeshQuantization])
    .registerDependencies({ "meshopt.decoder": MeshoptDecoder });
  return async (bytes) => {
    const root = (await io.readBinary(bytes)).getRoot();
    const nodes = root.listNodes().map((node) => {
      const described = { name: node.getName(), extras: node.getExtras().orview };
      if (node.getMesh() === null) return described;
      const [primitive] = node.getMesh().listPrimitives();
      const matrix = node.getWorldMatrix();
      const carried = ([x, y, z]) =>
        [0, 1, 2].map((row) => matrix[row] * x + matrix[row + 4] * y + matrix[row + 8] * z + matrix[row + 12]);
      const rows = (name) => {
        const attribute = primitive.getAttribute(name);
        return Array.from({ length: attribute.getCount() }, (_, n) => attribute.getElement(n, []));
      };
      // A scale alike on all axes and no rotation: normals stay as they are.
      described.shown = shown(
        rows("POSITION").map(carried),
        rows("NORMAL").map(unit),
        primitive.getIndices().getArray(),
      );
      return described;
    });
    return { scene: root.getDefaultScene().getExtras().orview, nodes };
  };
}

/** What can be compared: size, place, volume (its sign tells inside from outside), normals, and the outermost points. */
function shown(points, normals, indices) {
  const directions = [];
  for (const x of [-1, 0, 1]) for (const y of [-1, 0, 1]) for (const z of [-1, 0, 1]) directions.push([x, y, z]);
  let volume = 0;
  let agreeing = 0;
  for (let n = 0; n < indices.length; n += 3) {
    const [a, b, c] = [indices[n], indices[n + 1], indices[n + 2]].map((index) => points[index]);
    const upright = cross(minus(b, a), minus(c, a));
    volume += dot(a, cross(b, c)) / 6;
    const mean = [0, 1, 2].map((k) => indices.slice(n, n + 3).reduce((sum, index) => sum + normals[index][k], 0));
    agreeing += dot(upright, mean) > 0 ? 1 : 0;
  }
  return {
    triangles: indices.length / 3,
    volume_m3: volume,
    agreeing: agreeing / (indices.length / 3),
    normal_lengths: normals.reduce(
      ([low, high], normal) => [Math.min(low, Math.hypot(...normal)), Math.max(high, Math.hypot(...normal))],
      [Infinity, -Infinity],
    ),
    reaches_m: directions.map((direction) => points.reduce((far, point) => Math.max(far, dot(direction, point)), -Infinity)),
    directions,
  };
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => a.map((value) => value / Math.hypot(...a));

const read = await (reader === "three" ? withThree() : withTransform());
for (const path of files) console.log(JSON.stringify({ path, ...(await read(new Uint8Array(readFileSync(path)))) }));
