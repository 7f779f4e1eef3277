// The manifest of the persisted operations: their names, their ids, what they are.

import { createHash } from "node:crypto";
import { parse, validate } from "graphql";

/** SHA-256 of the exact text, as GraphQL over HTTP names it: `sha256:<64 hexadecimal digits>`. */
export const idOf = (text) => `sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`;

/** Stable name of an operation by its file: `duty_board.graphql` is `dutyBoard`. */
export const nameOf = (file) =>
  file.replace(/\.graphql$/u, "").replace(/_([a-z])/gu, (_, letter) => letter.toUpperCase());

/** The manifest of `[file, text]` pairs, and what is wrong with them. */
export function manifest(schema, files) {
  const problems = [];
  const operations = files.map(([file, text]) => {
    const name = nameOf(file);
    const document = parse(text);
    problems.push(...validate(schema, document).map((error) => `${file}: ${error.message}`));
    const found = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
    if (found.length !== 1) problems.push(`${file}: one operation a file, not ${found.length}`);
    const [operation] = found;
    const wanted = name[0].toUpperCase() + name.slice(1);
    if (operation?.name?.value !== wanted) problems.push(`${file}: the operation is to be named ${wanted}`);
    return { name, id: idOf(text), type: operation?.operation, file };
  });
  return { manifest: { version: 1, operations: operations.sort((a, b) => (a.name < b.name ? -1 : 1)) }, problems };
}
