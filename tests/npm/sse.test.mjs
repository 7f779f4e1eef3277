// GraphQL over server-sent events, with real clients against the real binary: `graphql-sse` and, for what browsers do by
// themselves, `eventsource`. WARDLOG_BINARY names the binary.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { EventSource } from "eventsource";
import { createClient, NetworkError } from "graphql-sse";
import { Inbox, SUBSCRIPTION, Street, bearer, dataOf, shows, subscribe } from "./lib/street.mjs";

let street;
let officer;

before(async () => {
  street = await Street.make();
  officer = street.officer;
});

after(() => street?.remove());

test("a query and a mutation are answered once and completed", async () => {
  const client = createClient({ url: street.url, headers: bearer(officer) });
  const query = subscribe(client, { query: "{ viewer { roles } }" });
  assert.deepEqual(dataOf(await query.told.take("an answer")), {
    data: { viewer: { roles: ["STATION_OFFICER"] } },
    errors: undefined,
  });
  assert.equal(await query.ended.take("the end"), "complete");
  const input = { commandId: randomUUID(), area: "421002001", name: "x" };
  const mutation = subscribe(createClient({ url: street.url, headers: bearer(street.administrator) }), {
    query: "mutation M($input: RegisterAreaInput!) { registerArea(input: $input) { errors { code } } }",
    variables: { input },
  });
  assert.deepEqual(dataOf(await mutation.told.take("an answer")), {
    data: { registerArea: { errors: [] } },
    errors: undefined,
  });
  assert.equal(await mutation.ended.take("the end"), "complete");
});

test("what is not valid is told in the stream, what cannot be read or is not allowed has a status", async () => {
  const open = (payload, headers) => subscribe(createClient({ url: street.url, headers, retryAttempts: 0 }), payload);
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
  const client = createClient({ url: street.url, headers: bearer(officer), on });
  const { told, stop } = subscribe(client, { query: SUBSCRIPTION });
  await connected.take("the connection");
  const first = await street.report();
  const position = shows(await told.take("the first"), first);
  const second = await street.report();
  assert.ok(BigInt(shows(await told.take("the second"), second)) > BigInt(position));
  stop();
});

test("graphql-sse goes on where it was when the server comes back", async () => {
  let last;
  let back;
  const [connected, lost] = [new Inbox(), new Inbox()];
  const client = createClient({
    url: street.url,
    headers: () => (last === undefined ? bearer(officer) : { ...bearer(officer), "last-event-id": last }),
    // Comes again when there is somebody to come to.
    retry: () => (lost.put(true), back),
    on: { connected: () => connected.put(true) },
  });
  const { told, stop } = subscribe(client, { query: SUBSCRIPTION });
  const hear = async (incident) => (last = shows(await told.take("a change"), incident));
  await connected.take("the connection");
  await hear(await street.report());
  let open;
  back = new Promise((resolve) => (open = resolve));
  await street.stop();
  await lost.take("the break");
  await street.serveAgain();
  const missed = [await street.report(), await street.report()];
  open();
  for (const incident of missed) await hear(incident);
  await hear(await street.report());
  assert.ok(told.isEmpty, "nothing twice");
  stop();
});

test("an EventSource goes on by itself where it was", async () => {
  const url = `${street.url}?query=${encodeURIComponent("subscription { incidentChanged { incident { id } } }")}`;
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
    const first = await street.report();
    const seen = await told.take("the first");
    shows(seen, first);
    assert.match(seen.lastEventId, /^\d+$/);
    const missed = await street.stop().then(async () => {
      await street.serveAgain();
      return street.report();
    });
    shows(await told.take("what was missed"), missed);
    const ids = [];
    for (let id = await asked.take("a request"); id !== undefined; id = asked.isEmpty ? undefined : await asked.take("")) {
      ids.push(id);
    }
    assert.ok(ids.length > 0 && ids.every((id) => id === seen.lastEventId), ids.join());
    const next = await street.report();
    shows(await told.take("the next"), next);
  } finally {
    source.close();
  }
});

test("an EventSource is told that all was said", async () => {
  const url = `${street.url}?query=${encodeURIComponent("{ viewer { roles } }")}`;
  const withToken = (address, init) => fetch(address, { ...init, headers: { ...init.headers, ...bearer(officer) } });
  const source = new EventSource(url, { fetch: withToken });
  const told = new Inbox();
  source.addEventListener("next", ({ data }) => told.put(JSON.parse(data)));
  source.addEventListener("complete", () => {
    source.close();
    told.put("complete");
  });
  assert.deepEqual((await told.take("an answer")).data, { viewer: { roles: ["STATION_OFFICER"] } });
  assert.equal(await told.take("the end"), "complete");
});
