// The real binary under test: on a data folder of its own, a free port, and without the machine's settings.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** Milliseconds that the server may take to begin, and to end. */
const START = 60_000;

/** Rejects when `promise` takes longer than `milliseconds`. */
export function within(milliseconds, what, promise) {
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

/** A data folder, and what runs on it. */
export class Place {
  #binary;
  #folder;

  constructor(binary, folder) {
    this.#binary = resolve(binary);
    this.#folder = folder;
  }

  static async make(binary) {
    return new Place(binary, await mkdtemp(join(tmpdir(), "wardlog-npm-")));
  }

  remove() {
    return rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs a subcommand; answers what it prints. */
  async run(...args) {
    const options = { cwd: this.#folder, env: plainEnvironment() };
    const { stdout } = await promisify(execFile)(this.#binary, [...args, ...this.#data()], options);
    return stdout;
  }

  /** Makes an account and a token for it; answers the token. Once a server has made the folder, not before. */
  async token(name, ...grant) {
    await this.run("account", "add", name, ...grant);
    const printed = await this.run("token", "create", name, "--name", "test", "--days", "1");
    return printed.match(/\bwl_[\w-]+/)[0];
  }

  /** Starts a server; answers its address and how to end it. `listen` is a free port unless told otherwise. */
  async serve(listen = "127.0.0.1:0", ...args) {
    const child = spawn(this.#binary, ["serve", "--listen", listen, "--log-json", ...args, ...this.#data()], {
      cwd: this.#folder,
      env: plainEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise((end) => {
      child.once("exit", (code, signal) => end(code ?? signal));
      child.once("error", (cause) => end(cause.message));
    });
    const stop = async () => {
      child.kill("SIGTERM");
      await within(START, "stopping the server", ended).catch(() => child.kill("SIGKILL"));
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
      const found = await within(START, "starting the server", address);
      return { address: found, url: `http://${found}/graphql`, stop };
    } catch (cause) {
      await stop();
      throw cause;
    }
  }

  #data() {
    return ["--data", join(this.#folder, "data")];
  }
}
