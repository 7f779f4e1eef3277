"use strict";

const element = (id) => document.getElementById(id);

async function session(method, body) {
  const answer = await fetch("/session", { method, headers: { "content-type": "application/json" }, body });
  if (answer.status === 204) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.errors[0].message);
  return told.principal;
}

function show(principal) {
  element("sign-in").hidden = Boolean(principal);
  element("signed-in").hidden = !principal;
  element("who").textContent = principal?.name ?? "";
  element("roles").textContent = principal ? `(${principal.roles.join(", ")})` : "";
}

const act = (work) => async (event) => {
  event.preventDefault();
  element("note").textContent = "";
  try {
    show(await work(event));
  } catch (error) {
    element("note").textContent = error.message;
  }
};

element("sign-in").addEventListener(
  "submit",
  act(async (event) => {
    const principal = await session("POST", JSON.stringify(Object.fromEntries(new FormData(event.target))));
    event.target.reset();
    return principal;
  }),
);
element("sign-out").addEventListener("click", act(() => session("DELETE")));
session("GET").then(show, (error) => {
  element("note").textContent = error.message;
});
