// Bundles the tests (or, with "mock", the mock server) for node and runs them: node 18 cannot read TypeScript.
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = await mkdtemp(join(tmpdir(), "partyline-page-"));
const mock = process.argv[2] === "mock";
const names = mock ? ["mock_server.ts"] : (await readdir(here)).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: names.map((name) => join(here, name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  // ws is CommonJS and asks for node's modules by require.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});
const programs = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const child = spawn(process.execPath, [...(mock ? [] : ["--test"]), ...programs, ...process.argv.slice(3)], { stdio: "inherit" });
process.on("SIGTERM", () => child.kill("SIGTERM"));
const code = await new Promise((resolve) => child.on("exit", (status, signal) => resolve(signal ? 1 : status)));
await rm(out, { recursive: true, force: true });
process.exit(code);
