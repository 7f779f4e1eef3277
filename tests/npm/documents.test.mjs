// Whether a document is executed is what graphql-js, the reference implementation, says of it: some hundred documents made
// with a seed and a table of nasty ones, asked of the real binary by nobody, so that nothing of them is done.
// WARDLOG_BINARY names the binary; WARDLOG_SEED another seed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { GraphQLError, Kind, buildSchema, getVariableValues, parse, validate } from "graphql";
import { made } from "./lib/documents.mjs";
import { NASTY } from "./lib/nasty.mjs";
import { Place } from "./lib/server.mjs";

/** Documents that are made. */
const COUNT = 700;
const SEED = Number(process.env.WARDLOG_SEED ?? 20_260_801);
/** What graphql-js has no limit for. */
const LIMITS = new Set([
  "nested_too_deep",
  "query_too_deep",
  "query_too_complex",
  "introspection_too_large",
  "too_many_aliases",
  "too_many_directives",
  "too_many_selections",
]);

/** What the specification forbids since September 2025, and graphql-js from its version 17 on. */
const NEWER = /can not stand at the root of a subscription/;

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

/** What the scalars of the schema take, by the standards that they name. */
const FORMS = {
  AreaCode: (value) => typeof value === "string" && /^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12}|\d{15})$/.test(value),
  Date: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value),
  DateTime: (value) =>
    typeof value === "string" &&
    /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(value) &&
    isDay(value.slice(0, 10)),
  Fen: (value) => Number.isSafeInteger(value),
  BasisPoints: (value) => Number.isInteger(value) && value >= 0 && value <= 10_000,
  Position: (value) => typeof value === "string" && /^\d{1,19}$/.test(value),
};
for (const [name, fits] of Object.entries(FORMS)) {
  const scalar = schema.getType(name);
  scalar.parseValue = (value) => {
    if (!fits(value)) throw new GraphQLError(`not a ${name}`);
    return value;
  };
  scalar.parseLiteral = (node) => scalar.parseValue(untyped(node));
}

function isDay(text) {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** What a literal says: 1.0 is no integer in a document. */
function untyped(node) {
  if (node.kind === Kind.INT) return Number(node.value);
  return node.kind === Kind.STRING ? node.value : undefined;
}

/** What the reference says: nothing, or what is wrong. */
function reference({ query, variables = {} }) {
  try {
    const document = parse(query);
    const [mistake] = validate(schema, document);
    if (mistake) return mistake.message;
    const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return errors?.[0].message;
  } catch (cause) {
    return cause.message;
  }
}

let place;
let server;

before(async () => {
  place = await Place.make(process.env.WARDLOG_BINARY ?? "");
  server = await place.serve("127.0.0.1:0", "--cost-per-minute", "1000000000");
});

after(async () => {
  await server?.stop();
  await place?.remove();
});

/** What the server says: nothing when it was executed, or the first error and its code. */
async function told({ kind, query, variables = {} }) {
  const stream = kind === "subscription" || /^\s*subscription/.test(query);
  const response = await fetch(server.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: stream ? "text/event-stream" : "application/graphql-response+json",
    },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const body = stream && text.includes("\ndata: ") ? text.match(/^data: (.+)$/m)[1] : text;
  const [error] = JSON.parse(body).errors ?? [];
  // Nobody is signed in: what was executed failed in its fields, or showed an introspection.
  if (error === undefined || error.path !== undefined) return undefined;
  return { code: error.extensions.code, message: error.message };
}

/** Compares the verdicts of both; answers what differs in words, or nothing. */
async function difference(asked) {
  const [expected, answer] = [reference(asked), await told(asked)];
  if (answer !== undefined && (LIMITS.has(answer.code) || NEWER.test(answer.message))) return undefined;
  if ((expected === undefined) === (answer === undefined)) return undefined;
  return `${asked.query}\n  ${JSON.stringify(asked.variables ?? {})}\n  graphql-js: ${expected ?? "valid"}\n  here: ${answer?.message ?? "executed"}`;
}

/** Runs over all, some at once. */
async function differences(all) {
  const found = [];
  const waiting = [...all];
  const work = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const differs = await difference(one);
      if (differs !== undefined) found.push(differs);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return found;
}

test("the reference and the server agree about documents made with a seed", async () => {
  const documents = Array.from({ length: COUNT }, (_, number) => made(schema, SEED + number));
  const valid = documents.filter((document) => reference(document) === undefined).length;
  assert.ok(valid > COUNT / 4 && valid < (COUNT * 3) / 4, `${valid} of ${COUNT} are valid`);
  const found = await differences(documents);
  assert.equal(found.length, 0, found.slice(0, 5).join("\n\n"));
});

test("the reference and the server agree about nasty documents", async () => {
  const found = await differences(NASTY.map((one) => (typeof one === "string" ? { query: one } : one)));
  assert.equal(found.length, 0, found.join("\n\n"));
});

test("where they differ there is a reason", async () => {
  for (const [why, asked, here] of [
    ["September 2025 forbids it (5.2.4.1); the reference does so from its version 17 on", "subscription { shiftChanged @skip(if: true) { position } }", "bad_query"],
    ["the same at a fragment", "subscription { ... @include(if: true) { shiftChanged { position } } }", "bad_query"],
    ["any number of digits is allowed (2.9.4); the reference takes eight", '{ area(code: "\\u{0000000034}2") { id } }', undefined],
    ["`includeDeprecated` is never null since September 2025 (4.2)", '{ __type(name: "Int") { fields(includeDeprecated: null) { name } } }', "bad_user_input"],
    ["an operation is checked whole before any of its fields is executed", { query: "query($n: Int = 1) { areas(first: $n) { totalCount } }", variables: { n: null } }, "bad_user_input"],
    ["an integer of more than 64 bits would be another one as an id", "{ node(id: 99999999999999999999999999) { id } }", "bad_user_input"],
    ["a text in two notations is one value; the reference compares how they are written", '{ area(code: "42") { id } area(code: """42""") { name } }', undefined],
    ["a leap second is one of RFC 3339", '{ shifts(first: 1, filter: { from: "2016-12-31T23:59:60Z" }) { totalCount } }', undefined],
  ]) {
    const one = typeof asked === "string" ? { query: asked } : asked;
    assert.equal((await told(one))?.code, here, why);
    assert.notEqual(reference(one) === undefined, here === undefined, `no longer a difference: ${why}`);
  }
});
