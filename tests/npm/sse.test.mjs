// GraphQL over server-sent events, with real clients against the real binary: `graphql-sse` and, for what browsers do by
// themselves, `eventsource`. WARDLOG_BINARY names the binary.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { EventSource } from "eventsource";
import { createClient, NetworkError } from "graphql-sse";
import { Place, within } from "./lib/server.mjs";

/** Milliseconds after which something that should happen has not happened. */
const PATIENCE = 60_000;
const AREAS = ["42", "4210", "421002"];
const SUBSCRIPTION = "subscription { incidentChanged { position kind incident { id } } }";

let place;
let server;
let administrator;
let officer;

before(async () => {
  place = await Place.make(process.env.WARDLOG_BINARY ?? "");
  server = await place.serve();
  administrator = await place.token("admin", "--role", "administrator", "--area", "42");
  officer = await place.token("officer", "--role", "station_officer", "--area", "421002");
  for (const area of AREAS) {
    await command(administrator, "registerArea", { area, name: area });
  }
});

after(async () => {
  await server?.stop();
  await place?.remove();
});

function bearer(token) {
  return { authorization: `Bearer ${token}` };
}

/** Sends a command by plain HTTP; answers the position after it. */
async function command(token, name, fields) {
  const type = name[0].toUpperCase() + name.slice(1);
  const query = `mutation C($input: ${type}Input!) { ${name}(input: $input) { position errors { code message } } }`;
  const variables = { input: { commandId: randomUUID(), ...fields } };
  const answer = await fetch(server.url, {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.deepEqual({ errors, refused: data?.[name].errors }, { errors: undefined, refused: [] }, name);
  return data[name].position;
}

/** Reports an incident; answers its id. */
function report() {
  const incident = `incident-${randomUUID()}`;
  const place = { incident, area: "421002", channel: "PHONE", kind: "NOISE", priority: "ROUTINE" };
  const fields = { ...place, selfInitiated: false, drill: false };
  return command(officer, "reportIncident", fields).then(() => incident);
}

/** Values as they come, to be waited for one by one. */
class Inbox {
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

/** A subscription of `graphql-sse`; what it is told goes into `told`, its end into `ended`. */
function subscribe(client, payload) {
  const told = new Inbox();
  const ended = new Inbox();
  const stop = client.subscribe(payload, {
    next: (value) => told.put(value),
    error: (cause) => ended.put(cause),
    complete: () => ended.put("complete"),
  });
  return { told, ended, stop };
}

/** Whether the id of a told incident is this one. */
function shows({ data, errors }, incident) {
  assert.equal(errors, undefined);
  assert.equal(data.incidentChanged.incident.id, incident);
  return data.incidentChanged.position;
}

test("a query and a mutation are answered once and completed", async () => {
  const client = createClient({ url: server.url, headers: bearer(officer) });
  const query = subscribe(client, { query: "{ viewer { roles } }" });
  assert.deepEqual(await query.told.take("an answer"), { data: { viewer: { roles: ["STATION_OFFICER"] } } });
  assert.equal(await query.ended.take("the end"), "complete");
  const input = { commandId: randomUUID(), area: "421002001", name: "x" };
  const mutation = subscribe(createClient({ url: server.url, headers: bearer(administrator) }), {
    query: "mutation M($input: RegisterAreaInput!) { registerArea(input: $input) { errors { code } } }",
    variables: { input },
  });
  assert.deepEqual(await mutation.told.take("an answer"), { data: { registerArea: { errors: [] } } });
  assert.equal(await mutation.ended.take("the end"), "complete");
});

test("what is not valid is told in the stream, what cannot be read or is not allowed has a status", async () => {
  const open = (payload, headers) => subscribe(createClient({ url: server.url, headers, retryAttempts: 0 }), payload);
  const invalid = open({ query: "subscription { nothing }" }, bearer(officer));
  const { errors } = await invalid.told.take("the errors");
  assert.equal(typeof errors[0].extensions.code, "string");
  assert.equal(await invalid.ended.take("the end"), "complete");
  const anonymous = open({ query: SUBSCRIPTION }, {});
  assert.equal((await anonymous.told.take("the errors")).errors[0].extensions.code, "unauthenticated");
  assert.equal(await anonymous.ended.take("the end"), "complete");
  for (const [payload, headers, status] of [
    [{ query: "{" }, bearer(officer), 400],
    [{}, bearer(officer), 400],
    [{ query: SUBSCRIPTION }, bearer("x"), 401],
  ]) {
    const cause = await open(payload, headers).ended.take("a refusal");
    assert.ok(cause instanceof NetworkError);
    assert.equal(cause.response.status, status);
  }
});

test("a subscription tells what changes until the client ends it", async () => {
  const connected = new Inbox();
  const on = { connected: () => connected.put(true) };
  const client = createClient({ url: server.url, headers: bearer(officer), on });
  const { told, stop } = subscribe(client, { query: SUBSCRIPTION });
  await connected.take("the connection");
  const first = await report();
  const position = shows(await told.take("the first"), first);
  const second = await report();
  assert.ok(BigInt(shows(await told.take("the second"), second)) > BigInt(position));
  stop();
});

test("graphql-sse goes on where it was when the server comes back", async () => {
  let last;
  let back;
  const [connected, lost] = [new Inbox(), new Inbox()];
  const client = createClient({
    url: server.url,
    headers: () => (last === undefined ? bearer(officer) : { ...bearer(officer), "last-event-id": last }),
    // Comes again when there is somebody to come to.
    retry: () => (lost.put(true), back),
    on: { connected: () => connected.put(true) },
  });
  const { told, stop } = subscribe(client, { query: SUBSCRIPTION });
  const hear = async (incident) => (last = shows(await told.take("a change"), incident));
  await connected.take("the connection");
  await hear(await report());
  let open;
  back = new Promise((resolve) => (open = resolve));
  await server.stop();
  await lost.take("the break");
  server = await place.serve(server.address);
  const missed = [await report(), await report()];
  open();
  for (const incident of missed) await hear(incident);
  await hear(await report());
  assert.ok(told.isEmpty, "nothing twice");
  stop();
});

test("an EventSource goes on by itself where it was", async () => {
  const url = `${server.url}?query=${encodeURIComponent("subscription { incidentChanged { incident { id } } }")}`;
  const asked = new Inbox();
  const withToken = (address, init) => {
    asked.put(init.headers["Last-Event-ID"]);
    return fetch(address, { ...init, headers: { ...init.headers, ...bearer(officer) } });
  };
  const source = new EventSource(url, { fetch: withToken });
  const [opened, told] = [new Inbox(), new Inbox()];
  source.addEventListener("open", () => opened.put(true));
  source.addEventListener("next", ({ data, lastEventId }) => told.put({ ...JSON.parse(data), lastEventId }));
  try {
    await opened.take("the connection");
    assert.equal(await asked.take("a request"), undefined);
    const first = await report();
    const seen = await told.take("the first");
    shows(seen, first);
    assert.match(seen.lastEventId, /^\d+$/);
    const missed = await server.stop().then(async () => {
      server = await place.serve(server.address);
      return report();
    });
    shows(await told.take("what was missed"), missed);
    const ids = [];
    for (let id = await asked.take("a request"); id !== undefined; id = asked.isEmpty ? undefined : await asked.take("")) {
      ids.push(id);
    }
    assert.ok(ids.length > 0 && ids.every((id) => id === seen.lastEventId), ids.join());
    const next = await report();
    shows(await told.take("the next"), next);
  } finally {
    source.close();
  }
});

test("an EventSource is told that all was said", async () => {
  const url = `${server.url}?query=${encodeURIComponent("{ viewer { roles } }")}`;
  const withToken = (address, init) => fetch(address, { ...init, headers: { ...init.headers, ...bearer(officer) } });
  const source = new EventSource(url, { fetch: withToken });
  const told = new Inbox();
  source.addEventListener("next", ({ data }) => told.put(JSON.parse(data)));
  source.addEventListener("complete", () => {
    source.close();
    told.put("complete");
  });
  assert.deepEqual(await told.take("an answer"), { data: { viewer: { roles: ["STATION_OFFICER"] } } });
  assert.equal(await told.take("the end"), "complete");
});
