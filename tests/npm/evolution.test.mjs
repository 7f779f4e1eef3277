// The checks of schema.mjs fail when they should: on made-up schemas.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSchema } from "graphql";
import { check, compare, deprecationProblems, lastDay, lastRelease } from "./lib/evolution.mjs";

const BEFORE = `
  type Query { shift(id: ID!): Shift  shifts(first: Int!, kind: Kind): [Shift!]! }
  type Shift { id: ID!  places: Int!  note: String }
  enum Kind { PATROL WATCH }
  input ShiftFilter { kind: Kind }
  type Mutation { close(filter: ShiftFilter): Shift }
`;
const against = (after, accepted = [], today) =>
  compare(buildSchema(BEFORE), buildSchema(after), accepted, today).problems;
const changed = (from, to) => {
  assert.ok(BEFORE.includes(from), from);
  return BEFORE.replace(from, to);
};

test("the same schema has no problem", () => assert.deepEqual(against(BEFORE), []));

for (const [what, from, to] of [
  ["a field that is gone", "note: String", ""],
  ["a type that is gone", "type Mutation { close(filter: ShiftFilter): Shift }", ""],
  ["a field of another type", "places: Int!", "places: String!"],
  ["an answer that may be null now", "places: Int!", "places: Int"],
  ["an enum value that is gone", "PATROL WATCH", "PATROL"],
  ["an argument that is gone", ", kind: Kind", ""],
  ["an argument that is required now", "kind: Kind)", "kind: Kind!)"],
  ["a new required argument", "first: Int!,", "first: Int!, scope: ID!,"],
  ["a new required input field", "input ShiftFilter { kind: Kind }", "input ShiftFilter { kind: Kind  id: ID! }"],
]) {
  test(`breaks: ${what}`, () => {
    const problems = against(changed(from, to));
    assert.ok(problems.length > 0 && problems.every((problem) => problem.startsWith("breaking: ")), problems.join());
    // Accepted with a reason it passes; without one, or with one too many, it does not.
    const accepted = problems.map((problem) => ({ change: problem.slice("breaking: ".length), reason: "Nobody used it." }));
    assert.deepEqual(against(changed(from, to), accepted), []);
    assert.equal(against(changed(from, to), accepted.map(({ change }) => ({ change, reason: " " }))).length, accepted.length);
    assert.deepEqual(against(BEFORE, accepted).length, accepted.length);
    assert.ok(against(changed(from, to), [...accepted, accepted[0]]).includes("a change is accepted twice"));
  });
}

for (const [what, from, to, dangerous] of [
  ["a new field", "note: String", "note: String  area: String", false],
  ["a new type", "enum Kind", "type New { id: ID! }  enum Kind", false],
  ["an answer that is never null now", "note: String", "note: String!", false],
  ["an argument that is not required any more", "first: Int!", "first: Int", false],
  ["a new optional argument", "first: Int!,", "first: Int!, after: String,", true],
  ["a new enum value", "PATROL WATCH", "PATROL WATCH NIGHT", true],
]) {
  test(`breaks nobody: ${what}`, () => {
    const { problems, notes } = compare(buildSchema(BEFORE), buildSchema(changed(from, to)), []);
    assert.deepEqual(problems, []);
    assert.equal(notes.length, dangerous ? 1 : 0);
  });
}

const because = (reason) => buildSchema(`
  type Query { a: Int  b(x: Int @deprecated(reason: "${reason}")): Int @deprecated(reason: "${reason}") }
  enum Kind { A B @deprecated(reason: "${reason}") }
  input Filter { a: Int @deprecated(reason: "${reason}") }
`);
const GOOD = "Counted twice. Use `a`; removed after 2027-06-30.";

test("a deprecation names a replacement and a day", () => {
  assert.deepEqual(deprecationProblems(because(GOOD)), []);
  for (const reason of [
    "",
    "No longer supported",
    "Use `a`.",
    "Counted twice. Use a; removed after 2027-06-30.",
    "Counted twice. Use `a`; removed after 2027-02-30.",
    "Counted twice. Use `a`; removed after June.",
    "Counted twice; removed after 2027-06-30.",
  ]) {
    assert.equal(lastDay(reason), undefined, reason);
    assert.equal(deprecationProblems(because(reason)).length, 4, reason);
  }
});

test("what was to be removed does not outlive the release", () => {
  assert.deepEqual(deprecationProblems(because(GOOD), "2027-06-30"), []);
  assert.equal(deprecationProblems(because(GOOD), "2027-07-01").length, 4);
});

test("what was deprecated long enough may go", () => {
  const before = buildSchema(`type Query { a: Int  b: Int @deprecated(reason: "${GOOD}")
    c(x: Int @deprecated(reason: "${GOOD}")): Int  k: Kind }  enum Kind { A  B @deprecated(reason: "${GOOD}") }`);
  const after = buildSchema("type Query { a: Int  c: Int  k: Kind }  enum Kind { A }");
  assert.equal(compare(before, after, [], undefined).problems.length, 3);
  assert.equal(compare(before, after, [], "2027-06-30").problems.length, 3);
  assert.deepEqual(compare(before, after, [], "2027-07-01").problems, []);
  const more = buildSchema("type Query { c: Int  k: Kind }  enum Kind { A }");
  assert.deepEqual(compare(before, more, [], "2027-07-01").problems, ["breaking: FIELD_REMOVED: Query.a was removed."]);
});

test("the day of the last release is read off the changelog", () => {
  assert.equal(lastRelease("# Changelog\n\n## Unreleased\n\n### Added\n"), undefined);
  assert.equal(lastRelease("## Unreleased\n\n## 0.2.0 - 2027-03-01\n\n## 0.1.0 - 2026-12-01\n"), "2027-03-01");
});

test("a whole check joins them", () => {
  const texts = { schema: changed("note: String", ""), released: BEFORE, accepted: "[]", changelog: "" };
  assert.deepEqual(check(texts).problems, ["breaking: FIELD_REMOVED: Shift.note was removed."]);
});
