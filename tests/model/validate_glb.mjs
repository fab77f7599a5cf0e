// Validates GLB files with the Khronos validator: one JSON line per file {path, errors, warnings, messages}.
// Usage: node validate_glb.mjs CLIENT_FOLDER FILE...   (CLIENT_FOLDER has node_modules/gltf-validator)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [clientFolder, ...files] = process.argv.slice(2);
const validator = createRequire(join(clientFolder, "package.json"))("gltf-validator");

for (const path of files) {
  const report = await validator.validateBytes(new Uint8Array(readFileSync(path)), { maxIssues: 50 });
  const messages = report.issues.messages.filter((issue) => issue.severity <= 1);
  console.log(
    JSON.stringify({
      path,
      errors: report.issues.numErrors,
      warnings: report.issues.numWarnings,
      triangles: report.info.totalTriangleCount,
      draws: report.info.drawCallCount,
      extensions: report.info.extensionsUsed ?? [],
      messages: messages.map((issue) => `${issue.code} ${issue.pointer ?? ""} ${issue.message}`),
    }),
  );
}
