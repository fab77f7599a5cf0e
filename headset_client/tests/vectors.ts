/** The wire vectors that Python and TypeScript both read; `npm test` runs in headset_client/. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(resolve("..", "tests", "wire", `${name}.json`), "utf8")) as T;
}
