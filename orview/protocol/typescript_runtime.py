"""The part of the generated TypeScript that is the same whatever the messages are: the checks.

It mirrors `schema.py`, `codec.py` and `binary.py`; the vectors in tests/wire hold the two together.
"""

RUNTIME = r"""
export type Kind =
  | { readonly kind: "text"; readonly least: number; readonly most: number; readonly pattern: string }
  | { readonly kind: "whole" | "number"; readonly low: number; readonly high: number }
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  | { readonly kind: "pose"; readonly most: number; readonly tolerance: number }
  | { readonly kind: "items"; readonly least: number; readonly most: number; readonly of: Kind }
  | { readonly kind: "maybe"; readonly of: Kind }
  | { readonly kind: "part"; readonly name: string; readonly fields: Fields };
export type Fields = { readonly [name: string]: Kind };

/** Something that came over the wire is not a message of the protocol. */
export class WireError extends Error {
  readonly fault: Fault;
  readonly where: string;

  constructor(fault: Fault, where: string) {
    super(where === "" ? fault : `${fault} at ${where}`);
    this.name = "WireError";
    this.fault = fault;
    this.where = where;
  }
}

/** Read a control message of a host; throws WireError and nothing else. */
export function decodeFromHost(text: string): HostMessage {
  return decode(text, HOST_FIELDS, MAX_HOST_TEXT_BYTES) as unknown as HostMessage;
}

/** Read a control message of a client; throws WireError and nothing else. */
export function decodeFromClient(text: string): ClientMessage {
  return decode(text, CLIENT_FIELDS, MAX_CLIENT_TEXT_BYTES) as unknown as ClientMessage;
}

/** The text of a message to the host; throws WireError where the message breaks its own limits. */
export function encodeToHost(message: ClientMessage): string {
  const text = JSON.stringify(message);
  decodeFromClient(text);
  return text;
}

/** Read a pose or a picture; throws WireError and nothing else. */
export function decodeBinary(data: ArrayBuffer): PoseMessage | PictureMessage {
  if (data.byteLength === 0) throw new WireError("WRONG_LENGTH", "");
  const type = new DataView(data).getUint8(0);
  if (type === POSE_TYPE) return decodePose(data);
  if (type === PICTURE_TYPE) return decodePicture(data);
  throw new WireError("UNKNOWN_TYPE", "");
}

const NO_PLAN_PREFIX = "0".repeat(2 * PLAN_PREFIX_BYTES);

/** The first bytes of a locked plan's digest, as poses name it; zeros for none. */
export function planPrefix(digest: string | null): string {
  return digest === null ? NO_PLAN_PREFIX : digest.slice(0, 2 * PLAN_PREFIX_BYTES);
}

/** The model digest's first 8 bytes as a pose names them, in hex. */
export function modelPrefix(digest: string): string {
  return digest.slice(0, 2 * MODEL_PREFIX_BYTES);
}

type Json = { [name: string]: unknown };

function decode(text: string, types: { readonly [name: string]: Fields }, limitBytes: number): Json {
  if (text.length > limitBytes) throw new WireError("TOO_LONG", "");
  if (new TextEncoder().encode(text).length > limitBytes) throw new WireError("TOO_LONG", "");
  if (depthOf(text) > MAX_DEPTH) throw new WireError("TOO_DEEP", "");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new WireError("NOT_JSON", "");
  }
  if (!isObject(document)) throw new WireError("NOT_AN_OBJECT", "");
  const { type, ...rest } = document;
  if (type === undefined || type === null) throw new WireError("MISSING_FIELD", "type");
  if (typeof type !== "string") throw new WireError("WRONG_TYPE", "type");
  const fields = Object.hasOwn(types, type) ? types[type] : undefined;
  if (fields === undefined) throw new WireError("UNKNOWN_TYPE", "type");
  checkFields(rest, fields, type);
  return document;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inText) {
      if (character === "\\") index += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === "[" || character === "{") {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === "]" || character === "}") depth -= 1;
  }
  return deepest;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkFields(value: Json, fields: Fields, where: string): void {
  for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) throw new WireError("UNKNOWN_FIELD", where);
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(value, name)) throw new WireError("MISSING_FIELD", `${where}.${name}`);
  }
  for (const [name, kind] of Object.entries(fields)) check(value[name], kind, `${where}.${name}`);
}

function check(value: unknown, kind: Kind, where: string): void {
  switch (kind.kind) {
    case "text":
      checkText(value, kind.least, kind.most, kind.pattern, where);
      return;
    case "whole":
    case "number":
      checkNumber(value, where);
      if (kind.kind === "whole" && !Number.isInteger(value)) throw new WireError("WRONG_TYPE", where);
      if (value < kind.low || value > kind.high) throw new WireError("OUT_OF_RANGE", where);
      return;
    case "flag":
      if (typeof value !== "boolean") throw new WireError("WRONG_TYPE", where);
      return;
    case "choice":
      if (typeof value !== "string") throw new WireError("WRONG_TYPE", where);
      if (!kind.of.includes(value)) throw new WireError("UNKNOWN_CHOICE", where);
      return;
    case "pose":
      if (!Array.isArray(value)) throw new WireError("WRONG_TYPE", where);
      if (value.length !== 7) throw new WireError("WRONG_COUNT", where);
      value.forEach((item: unknown, index) => {
        checkNumber(item, `${where}[${index}]`);
      });
      checkPose(value as number[], where);
      return;
    case "items":
      if (!Array.isArray(value)) throw new WireError("WRONG_TYPE", where);
      if (value.length < kind.least || value.length > kind.most) throw new WireError("WRONG_COUNT", where);
      value.forEach((item: unknown, index) => {
        check(item, kind.of, `${where}[${index}]`);
      });
      return;
    case "maybe":
      if (value !== null) check(value, kind.of, where);
      return;
    case "part":
      if (!isObject(value)) throw new WireError("WRONG_TYPE", where);
      checkFields(value, kind.fields, where);
  }
}

const UNFIT_FOR_TEXT = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;

function checkText(value: unknown, least: number, most: number, pattern: string, where: string): void {
  if (typeof value !== "string") throw new WireError("WRONG_TYPE", where);
  const length = [...value].length;
  if (length < least || length > most) throw new WireError("BAD_TEXT", where);
  if (UNFIT_FOR_TEXT.test(value)) throw new WireError("BAD_TEXT", where);
  if (pattern !== "" && !new RegExp(`^(?:${pattern})$`, "u").test(value)) throw new WireError("BAD_TEXT", where);
}

function checkNumber(value: unknown, where: string): asserts value is number {
  if (typeof value !== "number") throw new WireError("WRONG_TYPE", where);
  if (!Number.isFinite(value)) throw new WireError("NOT_FINITE", where);
}

function checkPose(numbers: readonly number[], where: string): void {
  const [x = NaN, y = NaN, z = NaN, qx = NaN, qy = NaN, qz = NaN, qw = NaN] = numbers;
  if (!Number.isFinite(x + y + z + qx + qy + qz + qw)) throw new WireError("NOT_FINITE", where);
  if (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) > MAX_POSITION_M) throw new WireError("OUT_OF_RANGE", where);
  const length = Math.sqrt(qx * qx + qy * qy + qz * qz + qw * qw);
  if (!(Math.abs(length - 1) <= QUATERNION_TOLERANCE)) throw new WireError("NOT_A_POSE", where);
}

function checkRange(value: number, most: number, where: string): void {
  if (!Number.isFinite(value)) throw new WireError("NOT_FINITE", where);
  if (value < 0 || value > most) throw new WireError("OUT_OF_RANGE", where);
}

function checkTimes(first: number, second: number, where: string): void {
  if (first > second || second > MAX_NS) throw new WireError("OUT_OF_RANGE", where);
}

/** A u64 as a number: exact below 2^53, and to better than a microsecond below MAX_NS. */
function u64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function decodePose(data: ArrayBuffer): PoseMessage {
  if (data.byteLength !== POSE_BYTES) throw new WireError("WRONG_LENGTH", "pose");
  const raw = readPose(new DataView(data));
  if (raw.version !== BINARY_VERSION) throw new WireError("WRONG_VERSION", "pose.version");
  const state = STATES[raw.state];
  if (state === undefined) throw new WireError("UNKNOWN_CHOICE", "pose.state");
  if (raw.stage > MOST_STAGES || (raw.stage === 0) !== /^0*$/.test(raw.plan_prefix)) {
    throw new WireError("OUT_OF_RANGE", "pose.stage");
  }
  checkPose([...raw.position_m, ...raw.quat_xyzw], "pose");
  checkRange(raw.expected_error_mm, MAX_ERROR_MM, "pose.expected_error_mm");
  checkRange(raw.sight_age_ms, MAX_AGE_MS, "pose.sight_age_ms");
  checkTimes(raw.capture_ns, raw.send_ns, "pose.send_ns");
  if (state === "LIVE") {
    if (/^0*$/.test(raw.model_prefix)) throw new WireError("NOT_A_POSE", "pose.model_prefix");
  } else {
    const still = [...raw.position_m, ...raw.quat_xyzw, raw.expected_error_mm];
    if (still.some((value, index) => value !== (index === 6 ? 1 : 0))) throw new WireError("NOT_A_POSE", "pose");
  }
  const { type: _type, version: _version, ...fields } = raw;
  return { ...fields, kind: "pose", state };
}

function decodePicture(data: ArrayBuffer): PictureMessage {
  if (data.byteLength <= PICTURE_HEADER_BYTES || data.byteLength > MAX_PICTURE_BYTES) {
    throw new WireError("WRONG_LENGTH", "picture");
  }
  const view = new DataView(data);
  const raw = readPicture(view);
  if (raw.version !== BINARY_VERSION) throw new WireError("WRONG_VERSION", "picture.version");
  if (raw.corners > MAX_CORNERS) throw new WireError("WRONG_COUNT", "picture.corners");
  const start = PICTURE_HEADER_BYTES + raw.corners * CORNER_BYTES;
  if (raw.jpeg_bytes === 0 || raw.jpeg_bytes !== data.byteLength - start) {
    throw new WireError("WRONG_LENGTH", "picture.jpeg_bytes");
  }
  checkPose([...raw.position_m, ...raw.quat_xyzw], "picture");
  checkRange(raw.fx_px, MAX_LENS_PX, "picture.fx_px");
  checkRange(raw.fy_px, MAX_LENS_PX, "picture.fy_px");
  checkRange(raw.cx_px, MAX_LENS_PX, "picture.cx_px");
  checkRange(raw.cy_px, MAX_LENS_PX, "picture.cy_px");
  if ([raw.width_px, raw.height_px, raw.fx_px, raw.fy_px].includes(0)) throw new WireError("OUT_OF_RANGE", "picture");
  checkTimes(raw.taken_ns, raw.send_ns, "picture.send_ns");
  const corners: number[] = [];
  for (let at = PICTURE_HEADER_BYTES; at < start; at += CORNER_BYTES / 2) corners.push(view.getFloat32(at, true));
  if (!corners.every(Number.isFinite)) throw new WireError("NOT_FINITE", "picture.corners");
  if (corners.some((value) => Math.abs(value) > MAX_LENS_PX)) throw new WireError("OUT_OF_RANGE", "picture.corners");
  const jpeg = new Uint8Array(data, start);
  checkJpeg(jpeg, "picture.jpeg");
  const { type: _type, version: _version, corners: _corners, jpeg_bytes: _bytes, ...fields } = raw;
  return { ...fields, kind: "picture", corners_px: corners, jpeg };
}

/** The bytes of a look; throws WireError where it breaks its own limits. */
export function encodeLook(look: LookMessage): ArrayBuffer {
  if (look.heads.length < 1 || look.heads.length > MAX_HEADS) throw new WireError("WRONG_COUNT", "look.heads");
  const start = LOOK_HEADER_BYTES + look.heads.length * HEAD_BYTES;
  if (look.jpeg.length === 0 || start + look.jpeg.length > MAX_LOOK_BYTES) throw new WireError("WRONG_LENGTH", "look");
  for (const size of [look.width_px, look.height_px]) {
    if (!Number.isInteger(size) || size < 1 || size > 65535) throw new WireError("OUT_OF_RANGE", "look");
  }
  checkTimes(0, look.taken_ns, "look.taken_ns");
  let beforeNs = -1;
  look.heads.forEach((head, number) => {
    checkTimes(beforeNs + 1, head.at_ns, "look.heads");
    beforeNs = head.at_ns;
    checkPose([...head.position_m, ...head.quat_xyzw], `look.heads[${number}]`);
  });
  checkJpeg(look.jpeg, "look.jpeg");
  const data = new ArrayBuffer(start + look.jpeg.length);
  const view = new DataView(data);
  writeLook(view, 0, {
    type: LOOK_TYPE,
    version: LOOK_VERSION,
    width_px: look.width_px,
    height_px: look.height_px,
    heads: look.heads.length,
    sequence: look.sequence,
    jpeg_bytes: look.jpeg.length,
    taken_ns: look.taken_ns,
  });
  look.heads.forEach((head, number) => writeHead(view, LOOK_HEADER_BYTES + number * HEAD_BYTES, head));
  new Uint8Array(data, start).set(look.jpeg);
  return data;
}

function checkJpeg(jpeg: Uint8Array, where: string): void {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8 || jpeg[2] !== 0xff) throw new WireError("WRONG_TYPE", where);
}

function hex(view: DataView, offset: number, count: number): string {
  let text = "";
  for (let index = 0; index < count; index += 1) text += view.getUint8(offset + index).toString(16).padStart(2, "0");
  return text;
}
""".lstrip("\n")
