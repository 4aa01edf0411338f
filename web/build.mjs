// Bundles src/ into the folder given: index.html and assets with a hash in their names, so that a browser
// may keep them for ever. Run by build-page; `--watch` rebuilds while you edit.
import { build, context } from "esbuild";
import { mkdir, readFile, rm, writeFile, copyFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

const page = {
  name: "page",
  setup(bundler) {
    bundler.onStart(() => rm(join(out, "assets"), { recursive: true, force: true }));
    bundler.onEnd(async (result) => {
      if (result.errors.length > 0) return;
      const assets = Object.keys(result.metafile.outputs).map((path) => basename(path));
      const html = (await readFile(join(here, "src/index.html"), "utf8"))
        .replace("%script%", `/assets/${assets.find((name) => name.endsWith(".js"))}`)
        .replace("%style%", `/assets/${assets.find((name) => name.endsWith(".css"))}`);
      await mkdir(out, { recursive: true });
      await copyFile(join(here, "src/icon.svg"), join(out, "icon.svg"));
      await writeFile(join(out, "index.html"), html);
    });
  },
};

const options = {
  entryPoints: [join(here, "src/main.tsx")],
  outdir: join(out, "assets"),
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: !process.argv.includes("--watch"),
  format: "esm",
  target: "es2021",
  jsx: "automatic",
  jsxImportSource: "preact",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  plugins: [page],
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
