// The IDE's transports: HTTP for queries and mutations, graphql-transport-ws for subscriptions.
// A token lives in this page only; it is never stored.
"use strict";

const element = (id) => document.getElementById(id);
const token = () => element("token").value.trim();

function headers(extra) {
  const all = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json;q=0.9",
    ...extra,
  };
  if (token()) all.authorization = `Bearer ${token()}`;
  return all;
}

// From the text itself: the editor's own syntax tree lags behind what is being typed.
function isSubscription({ query, operationName }) {
  const bare = query.replace(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, "");
  const heads = [];
  let depth = 0;
  let head = "";
  for (const letter of bare) {
    if (letter === "{" && depth === 0) heads.push(head.trim().split(/[\s(@]+/));
    if (letter === "{" || letter === "(") depth += 1;
    else if (letter === "}" || letter === ")") depth -= 1;
    else if (depth === 0) head += letter;
    if (letter === "}" && depth === 0) head = "";
  }
  const operations = heads.filter(([kind]) => kind !== "fragment");
  const chosen = operations.find(([, name]) => name && name === operationName) ?? operations[0];
  return chosen?.[0] === "subscription";
}

// One socket for each subscription: it is a tool for looking, and its end is easy to see.
function subscribe(params) {
  return {
    subscribe(observer) {
      const url = new URL("/graphql", location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const socket = new WebSocket(url, "graphql-transport-ws");
      const send = (message) => socket.send(JSON.stringify(message));
      let ended = false;
      const end = (error) => {
        if (ended) return;
        ended = true;
        socket.close(1000);
        if (error) observer.error(error);
        else observer.complete();
      };
      socket.onopen = () =>
        send({ type: "connection_init", payload: token() ? { authorization: `Bearer ${token()}` } : {} });
      socket.onclose = (event) => end(new Error(`${event.code} ${event.reason}`));
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "connection_ack") send({ id: "1", type: "subscribe", payload: params });
        else if (message.type === "ping") send({ type: "pong" });
        else if (message.type === "next") observer.next(message.payload);
        else if (message.type === "error") end(new Error(message.payload.map((e) => e.message).join("\n")));
        else if (message.type === "complete") end();
      };
      return {
        unsubscribe() {
          ended = true;
          if (socket.readyState === WebSocket.OPEN) send({ id: "1", type: "complete" });
          socket.close(1000);
        },
      };
    },
  };
}

async function fetcher(params, options) {
  if (isSubscription(params)) return subscribe(params);
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: headers(options?.headers),
    body: JSON.stringify(params),
  });
  return answer.json();
}

function say(text) {
  element("note").textContent = text;
}

async function session(method, body) {
  const answer = await fetch("/session", { method, headers: { "content-type": "application/json" }, body });
  if (answer.status === 204) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.errors[0].message);
  return told.principal;
}

function show(principal) {
  element("who").textContent = principal ? `${principal.name} (${principal.roles.join(", ")})` : element("who").dataset.nobody;
  element("sign-in").hidden = Boolean(principal);
  element("sign-out").hidden = !principal;
  render();
}

// Who is signed in decides which fields the schema shows, so the IDE begins anew.
let generation = 0;
const root = ReactDOM.createRoot(element("graphiql"));
function render() {
  generation += 1;
  root.render(
    React.createElement(GraphiQL, {
      key: generation,
      fetcher,
      defaultEditorToolsVisibility: true,
      shouldPersistHeaders: false,
      defaultQuery: "{ __typename }\n",
    }),
  );
}

const act = (work) => async (event) => {
  event.preventDefault();
  say("");
  try {
    show(await work(event));
  } catch (error) {
    say(error.message);
  }
};

element("sign-in").addEventListener(
  "submit",
  act((event) => session("POST", JSON.stringify(Object.fromEntries(new FormData(event.target))))),
);
element("sign-out").addEventListener("click", act(() => session("DELETE")));
element("token").addEventListener("change", () => render());
session("GET").then(show, (error) => say(error.message));
