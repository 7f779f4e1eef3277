// The persisted operations are valid, and their manifest is what follows from them.
//
//   node operations.mjs            exit code 0 when nothing is wrong, 1 otherwise
//   node operations.mjs --write    writes the manifest anew

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { manifest } from "./lib/operations.mjs";

const root = new URL("../../", import.meta.url);
const folder = new URL("crates/graphql/operations/", root);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
const files = readdirSync(folder).filter((name) => name.endsWith(".graphql")).sort();
const schema = buildSchema(readFileSync(new URL("schema.graphql", root), "utf8"));
const made = manifest(schema, files.map((file) => [file, read(file)]));
const text = `${JSON.stringify(made.manifest, null, 2)}\n`;
if (process.argv.includes("--write")) writeFileSync(new URL("manifest.json", folder), text);
const problems = [...made.problems];
if (read("manifest.json") !== text) problems.push("manifest.json is stale: node tests/npm/operations.mjs --write");
for (const problem of problems) console.log(problem);
console.log(`operations: ${files.length} checked, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
