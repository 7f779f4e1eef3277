// Runs every audit of `graphql-http` against a server and prints what each says.
//
//   node audit.mjs URL              audits the server at URL
//   node audit.mjs --binary FILE    starts this binary on an empty data folder and a free port, audits it, ends it
//
// Exit code 0 when every audit passes, the recommendations (SHOULD, MAY) among them; 1 otherwise; 2 for wrong usage.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { serverAudits } from "graphql-http";

/** Audits of the pinned version: fewer would mean that some were not run. */
const AUDITS = 61;
/** Milliseconds that the server may take to begin. */
const START = 60_000;
/** Milliseconds that one audit may take. */
const ONE = 15_000;

/** Rejects when `promise` takes longer than `milliseconds`. */
function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The environment without settings of wardlog, so that the machine's own do not reach the server under test. */
function plainEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WARDLOG_")));
}

/** Starts the binary; answers its address and how to end it. */
async function start(binary) {
  const folder = await mkdtemp(join(tmpdir(), "wardlog-audit-"));
  const child = spawn(
    resolve(binary),
    ["serve", "--data", join(folder, "data"), "--listen", "127.0.0.1:0", "--log-json"],
    { cwd: folder, env: plainEnvironment(), stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = new Promise((end) => {
    child.once("exit", (code, signal) => end(code ?? signal));
    child.once("error", (cause) => end(cause.message));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await within(START, "stopping the server", ended).catch(() => child.kill("SIGKILL"));
    await rm(folder, { recursive: true, force: true });
  };
  const said = [];
  const address = new Promise((found, lost) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const fields = line.startsWith("{") ? JSON.parse(line).fields : undefined;
      if (fields?.message === "serving") found(fields.address);
    });
    ended.then((how) => lost(new Error(`the server has ended (${how}):\n${said.join("\n")}`)));
  });
  try {
    return { url: `http://${await within(START, "starting the server", address)}/graphql`, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

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
  const server = await start(args[1]);
  try {
    return (await audit(server.url)) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  console.error(`audit: ${cause.message}`);
  process.exitCode = 1;
}
