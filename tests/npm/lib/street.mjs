// A served street: areas, an officer, incidents to report, and an inbox for what clients are told.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Place, within } from "./server.mjs";

/** Milliseconds after which something that should happen has not happened. */
export const PATIENCE = 60_000;
const AREAS = ["42", "4210", "421002"];
export const SUBSCRIPTION = "subscription { incidentChanged { position kind incident { id } } }";

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** A server with a few areas, an administrator and an officer. */
export class Street {
  static async make() {
    const street = new Street();
    street.place = await Place.make(process.env.WARDLOG_BINARY ?? "");
    street.server = await street.place.serve();
    street.administrator = await street.place.token("admin", "--role", "administrator", "--area", "42");
    street.officer = await street.place.token("officer", "--role", "station_officer", "--area", "421002");
    for (const area of AREAS) {
      await street.command(street.administrator, "registerArea", { area, name: area });
    }
    return street;
  }

  get url() {
    return this.server.url;
  }

  /** The same with another scheme. */
  get socketUrl() {
    return this.server.url.replace(/^http/u, "ws");
  }

  async remove() {
    await this.server?.stop();
    await this.place?.remove();
  }

  stop() {
    return this.server.stop();
  }

  /** Serves again where it was. */
  async serveAgain() {
    this.server = await this.place.serve(this.server.address);
  }

  /** Sends a command by plain HTTP; answers the position after it. */
  async command(token, name, fields) {
    const type = name[0].toUpperCase() + name.slice(1);
    const query = `mutation C($input: ${type}Input!) { ${name}(input: $input) { position errors { code message } } }`;
    const variables = { input: { commandId: randomUUID(), ...fields } };
    const answer = await fetch(this.url, {
      method: "POST",
      headers: { ...bearer(token), "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    assert.deepEqual({ errors, refused: data?.[name].errors }, { errors: undefined, refused: [] }, name);
    return data[name].position;
  }

  /** Reports an incident; answers its id. */
  async report() {
    const incident = `incident-${randomUUID()}`;
    const place = { incident, area: "421002", channel: "PHONE", kind: "NOISE", priority: "ROUTINE" };
    await this.command(this.officer, "reportIncident", { ...place, selfInitiated: false, drill: false });
    return incident;
  }
}

/** Values as they come, to be waited for one by one. */
export class Inbox {
  #values = [];
  #waiting = [];

  put(value) {
    const next = this.#waiting.shift();
    if (next) next(value);
    else this.#values.push(value);
  }

  take(what) {
    const value = this.#values.length > 0 ? this.#values.shift() : new Promise((resolve) => this.#waiting.push(resolve));
    return within(PATIENCE, what, Promise.resolve(value));
  }

  get isEmpty() {
    return this.#values.length === 0;
  }
}

/** A subscription of `graphql-sse` or `graphql-ws`; what it is told goes into `told`, its end into `ended`. */
export function subscribe(client, payload) {
  const told = new Inbox();
  const ended = new Inbox();
  const stop = client.subscribe(payload, {
    next: (value) => told.put(value),
    error: (cause) => ended.put(cause),
    complete: () => ended.put("complete"),
  });
  return { told, ended, stop };
}

/** The data of an answer, without what it cost. */
export const dataOf = ({ data, errors }) => ({ data, errors });

/** The position of a told incident, which must be this one. */
export function shows({ data, errors }, incident) {
  assert.equal(errors, undefined);
  assert.equal(data.incidentChanged.incident.id, incident);
  return data.incidentChanged.position;
}
