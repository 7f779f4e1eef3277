// Every GraphQL document of the READMEs is valid against schema.graphql, and both READMEs have the same documents.

import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";

const root = new URL("../../", import.meta.url);
const read = (name) => readFileSync(new URL(name, root), "utf8");

/** The GraphQL blocks of a Markdown text, with the line on which each begins. */
function documents(text) {
  return [...text.matchAll(/^```graphql\n(.*?)^```/gms)].map((block) => ({
    line: text.slice(0, block.index).split("\n").length,
    source: block[1],
  }));
}

/** What is wrong with one document; nothing when it is valid. */
function problems(schema, source) {
  try {
    return validate(schema, parse(source)).map((error) => error.message);
  } catch (cause) {
    return [cause.message];
  }
}

const schema = buildSchema(read("schema.graphql"));
const names = ["README.md", "README.zh-CN.md"];
const found = names.map((name) => documents(read(name)));
const wrong = [];
for (const [at, name] of names.entries()) {
  for (const { line, source } of found[at]) {
    wrong.push(...problems(schema, source).map((message) => `${name}:${line}: ${message}`));
  }
}
const [english, chinese] = found.map((all) => all.map(({ source }) => source));
if (JSON.stringify(english) !== JSON.stringify(chinese)) {
  wrong.push(`${names.join(" and ")} do not have the same GraphQL documents in the same order`);
}
if (english.length === 0) wrong.push(`${names[0]} has no GraphQL document`);
for (const line of wrong) console.log(line);
console.log(`readme: ${english.length} documents checked, ${wrong.length} problems`);
process.exitCode = wrong.length === 0 ? 0 : 1;
