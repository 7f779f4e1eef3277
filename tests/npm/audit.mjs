// Runs every audit of `graphql-http` against a server and prints what each says.
//
//   node audit.mjs URL              audits the server at URL
//   node audit.mjs --binary FILE    starts this binary on an empty data folder and a free port, audits it, ends it
//
// Exit code 0 when every audit passes, the recommendations (SHOULD, MAY) among them; 1 otherwise; 2 for wrong usage.

import { serverAudits } from "graphql-http";
import { Place, within } from "./lib/server.mjs";

/** Audits of the pinned version: fewer would mean that some were not run. */
const AUDITS = 61;
/** Milliseconds that one audit may take. */
const ONE = 15_000;

/** One line of the table. */
function row(result) {
  const mark = result.status === "ok" ? "pass" : "FAIL";
  const reason = result.status === "ok" ? "" : `: ${result.reason}`;
  return `${mark}  ${result.id}  ${result.name}${reason}`;
}

/** Runs the audits one after the other; answers how many failed. */
async function audit(url) {
  const results = [];
  for (const one of serverAudits({ url, fetchFn: fetch })) {
    const fatal = (cause) => ({ id: one.id, name: one.name, status: "error", reason: String(cause) });
    const result = await within(ONE, one.name, one.fn()).catch(fatal);
    results.push(result);
    console.log(row(result));
  }
  const failed = results.filter((result) => result.status !== "ok").length;
  if (results.length !== AUDITS) {
    console.log(`${results.length} audits were run, not ${AUDITS}`);
  }
  console.log(`graphql-http: ${results.length - failed} passed, ${failed} failed`);
  return failed === 0 && results.length === AUDITS;
}

async function main(args) {
  if (args.length === 1 && URL.canParse(args[0])) return (await audit(args[0])) ? 0 : 1;
  if (args.length !== 2 || args[0] !== "--binary") {
    console.error("usage: node audit.mjs URL | node audit.mjs --binary FILE");
    return 2;
  }
  const place = await Place.make(args[1]);
  try {
    const server = await place.serve();
    const passed = await audit(server.url).finally(server.stop);
    return passed ? 0 : 1;
  } finally {
    await place.remove();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  console.error(`audit: ${cause.message}`);
  process.exitCode = 1;
}
