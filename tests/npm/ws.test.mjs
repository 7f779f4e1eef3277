// graphql-transport-ws, with the real client `graphql-ws` and with raw frames, against the real binary. WARDLOG_BINARY
// names the binary.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { BINARY, PING, PONG, RawSocket, TEXT } from "./lib/raw.mjs";
import { SUBSCRIPTION, Street, bearer, dataOf, shows, subscribe } from "./lib/street.mjs";

const RESUMED = `subscription($after: Position) {
  incidentChanged(after: $after) { position kind incident { id } }
}`;

let street;
let officer;

before(async () => {
  street = await Street.make();
  officer = street.officer;
});

after(() => street?.remove());

/** A client that sends its token in a header, as programs do. */
function byHeader(token, options = {}) {
  class WithHeader extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers: token === undefined ? {} : bearer(token) });
    }
  }
  return createClient({ url: street.socketUrl, webSocketImpl: WithHeader, retryAttempts: 0, lazy: true, ...options });
}

/** Until what was sent before has been taken in. */
async function settled(client) {
  const { ended } = subscribe(client, { query: "{ viewer { id } }" });
  assert.equal(await ended.take("the end"), "complete");
}

test("a query and a mutation are answered once and completed", async () => {
  const client = byHeader(officer);
  const query = subscribe(client, { query: "{ viewer { roles } }" });
  assert.deepEqual(dataOf(await query.told.take("an answer")), {
    data: { viewer: { roles: ["STATION_OFFICER"] } },
    errors: undefined,
  });
  assert.equal(await query.ended.take("the end"), "complete");
  const input = { commandId: randomUUID(), area: "421002001", name: "x" };
  const mutation = subscribe(byHeader(street.administrator), {
    query: "mutation M($input: RegisterAreaInput!) { registerArea(input: $input) { errors { code } } }",
    variables: { input },
  });
  assert.deepEqual((await mutation.told.take("an answer")).data, { registerArea: { errors: [] } });
  assert.equal(await mutation.ended.take("the end"), "complete");
  await client.dispose();
});

test("a browser sends its token in connection_init", async () => {
  const authorized = (authorization) =>
    createClient({
      url: street.socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization },
    });
  const client = authorized(`Bearer ${officer}`);
  const { told } = subscribe(client, { query: "{ viewer { roles } }" });
  assert.deepEqual((await told.take("an answer")).data, { viewer: { roles: ["STATION_OFFICER"] } });
  await client.dispose();
  const refused = subscribe(authorized("Bearer wl_nothing"), { query: "{ viewer { roles } }" });
  assert.equal((await refused.ended.take("a refusal")).code, 4403);
});

test("what is refused is told as errors, and the socket goes on", async () => {
  const client = byHeader(officer);
  for (const [payload, code] of [
    [{ query: "subscription { nothing }" }, "bad_query"],
    [{ query: "{" }, "bad_query"],
  ]) {
    const { ended } = subscribe(client, payload);
    const [error] = await ended.take("the errors");
    assert.equal(error.extensions.code, code);
  }
  await settled(client);
  await client.dispose();
});

test("a subscription tells what changes until the client ends it", async () => {
  const client = byHeader(officer);
  const { told, ended, stop } = subscribe(client, { query: SUBSCRIPTION });
  await settled(client);
  const first = await street.report();
  const position = shows(await told.take("the first"), first);
  const second = await street.report();
  assert.ok(BigInt(shows(await told.take("the second"), second)) > BigInt(position));
  stop();
  assert.equal(await ended.take("the end"), "complete");
  await street.report();
  await settled(client);
  assert.ok(told.isEmpty);
  await client.dispose();
});

test("a client goes on where it was after the server was away", async () => {
  let last;
  const follow = (client) => {
    const subscription = subscribe(client, { query: RESUMED, variables: { after: last } });
    const hear = async (incident) => (last = shows(await subscription.told.take("a change"), incident));
    return { ...subscription, hear };
  };
  const client = byHeader(officer);
  const before = follow(client);
  await settled(client);
  await before.hear(await street.report());
  await street.stop();
  assert.equal((await before.ended.take("the break")).code, 1001);
  await street.serveAgain();
  const missed = [await street.report(), await street.report()];
  const again = byHeader(officer);
  const after = follow(again);
  for (const incident of missed) await after.hear(incident);
  await after.hear(await street.report());
  assert.ok(after.told.isEmpty, "nothing twice");
  await again.dispose();
});

test("one socket holds twenty operations", async () => {
  const client = byHeader(officer);
  const open = Array.from({ length: 20 }, () => subscribe(client, { query: SUBSCRIPTION }));
  const more = subscribe(client, { query: SUBSCRIPTION });
  const [error] = await more.ended.take("a refusal");
  assert.equal(error.extensions.code, "too_many_operations");
  open[0].stop();
  await open[0].ended.take("the end");
  await settled(client);
  const incident = await street.report();
  for (const { told } of open.slice(1)) shows(await told.take("a change"), incident);
  await client.dispose();
});

/** A raw socket past its connection_init. */
async function acknowledged(headers = bearer(officer)) {
  const socket = await RawSocket.open(street.server.address, headers);
  socket.say({ type: "connection_init" });
  assert.deepEqual(await socket.message(), { type: "connection_ack" });
  return socket;
}

const subscribed = (id, query = SUBSCRIPTION) => ({ id, type: "subscribe", payload: { query } });

for (const [what, code, act] of [
  ["a text that is no JSON", 4400, (socket) => socket.send(TEXT, "{")],
  ["a message without a type", 4400, (socket) => socket.say({})],
  ["a message of an unknown type", 4400, (socket) => socket.say({ type: "start" })],
  ["a message that only servers send", 4400, (socket) => socket.say({ type: "next", id: "1", payload: {} })],
  ["a subscribe without an id", 4400, (socket) => socket.say({ ...subscribed("1"), id: undefined })],
  ["a binary message", 4400, (socket) => socket.send(BINARY, "{}")],
  ["a second connection_init", 4429, (socket) => socket.say({ type: "connection_init" })],
  [
    "an id that is in use",
    4409,
    (socket) => {
      socket.say(subscribed("1"));
      socket.say(subscribed("1"));
    },
  ],
  ["a text that is not UTF-8", 1007, (socket) => socket.send(TEXT, [0xff, 0xfe])],
  ["a message that is too large", 1009, (socket) => socket.send(TEXT, " ".repeat(256 * 1024 + 1))],
  ["a frame without a mask", 1002, (socket) => socket.send(TEXT, "{}", { masked: false })],
  ["a reserved bit", 1002, (socket) => socket.send(TEXT, "{}", { reserved: 64 })],
  ["a reserved opcode", 1002, (socket) => socket.send(3, "{}")],
  ["a control frame in pieces", 1002, (socket) => socket.send(PING, "x", { last: false })],
  ["a continuation of nothing", 1002, (socket) => socket.send(0, "x")],
]) {
  test(`${what} closes with ${code}`, async () => {
    const socket = await acknowledged();
    act(socket);
    assert.equal(await socket.closed(), code);
    socket.end();
  });
}

test("nothing is executed before connection_init, and it must come", async () => {
  const early = await RawSocket.open(street.server.address, bearer(officer));
  early.say(subscribed("1"));
  assert.equal(await early.closed(), 4401);
  const silent = await RawSocket.open(street.server.address, bearer(officer));
  assert.equal(await silent.closed(), 4408);
});

test("another subprotocol is not spoken", async () => {
  const old = await RawSocket.open(street.server.address, bearer(officer), "graphql-ws");
  assert.equal(await old.closed(), 4406);
});

test("pings of both layers are answered with what they carried", async () => {
  const socket = await acknowledged();
  socket.send(PING, "abc");
  const { opcode, payload } = await socket.next();
  assert.deepEqual([opcode, payload.toString()], [PONG, "abc"]);
  socket.say({ type: "ping", payload: { at: 7 } });
  assert.deepEqual(await socket.message(), { type: "pong", payload: { at: 7 } });
  socket.say({ type: "pong" });
  // A text in pieces is one message.
  socket.send(TEXT, '{"type":', { last: false });
  socket.send(0, '"ping"}');
  assert.deepEqual(await socket.message(), { type: "pong" });
  socket.end();
});

test("a message that ends an operation crosses one that tells of it", async () => {
  const socket = await acknowledged();
  socket.say({ type: "complete", id: "never begun" });
  socket.say(subscribed("1", "{ viewer { roles } }"));
  socket.say({ type: "complete", id: "1" });
  socket.say(subscribed("1", "{ viewer { id } }"));
  for (;;) {
    const message = await socket.message();
    assert.equal(message.id, "1");
    if (message.type === "next" && message.payload.data.viewer.id !== undefined) break;
  }
  assert.deepEqual(await socket.message(), { id: "1", type: "complete" });
  socket.end();
});
