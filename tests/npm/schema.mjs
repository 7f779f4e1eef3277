// schema.graphql breaks nobody who was right with the last release, and its deprecations follow the policy.
//
//   node schema.mjs    exit code 0 when nothing is wrong, 1 otherwise

import { readFileSync } from "node:fs";
import { check } from "./lib/evolution.mjs";

const root = new URL("../../", import.meta.url);
const read = (name) => readFileSync(new URL(name, root), "utf8");

const { problems, notes } = check({
  schema: read("schema.graphql"),
  released: read("tests/schema/released.graphql"),
  accepted: read("tests/schema/accepted-breaks.json"),
  changelog: read("CHANGELOG.md"),
});
for (const note of notes) console.log(`note: ${note}`);
for (const problem of problems) console.log(problem);
console.log(`schema: ${problems.length} problems, ${notes.length} notes against the last release`);
process.exitCode = problems.length === 0 ? 0 : 1;
