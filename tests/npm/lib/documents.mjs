// Documents over a schema, made with a seed: most of them valid, some with one mistake or several.

import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from "graphql";

/** Deepest level at which fields with fields of their own are selected. */
const DEEP = 4;

/** Numbers that follow from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count) => Math.floor(next() * count);
  return { chance: (part) => next() < part, below, one: (items) => items[below(items.length)] };
}

const SCALARS = {
  Int: [1, 2, 3],
  Float: [1, 1.5],
  String: ["x", "王"],
  Boolean: [true, false],
  ID: ["x", 7],
  AreaCode: ["42", "421002001"],
  Date: ["2026-08-01"],
  DateTime: ["2026-08-01T08:00:00+08:00", "2026-08-01t00:00:00.25z"],
  Fen: [5, 0],
  BasisPoints: [10_000],
  Position: ["5"],
  JSON: [1, "x"],
};
const WRONG = [
  "x", 7, 1.5, 1.0, true, null, [], [7], ["x"], {}, { x: 1 }, -1, 2_147_483_648, "2026-08-01", "2026-08-01 08:00:00Z",
  "2026-08-01T08:00:00", "2026-02-30", "1", "+5", "CLOSED", "",
];

class Writer {
  constructor(schema, seed) {
    this.schema = schema;
    this.random = random(seed);
    this.variables = new Map();
    this.fragments = [];
    // A document without mistakes, one with few, one with many.
    this.mistakes = this.random.one([0, 0, 0.01, 0.03]);
  }

  wrongly() {
    return this.random.chance(this.mistakes);
  }

  /** A value of a type as JSON. */
  json(type, deep = 0) {
    if (this.wrongly()) return this.random.one(WRONG);
    if (isNonNullType(type)) return this.json(type.ofType, deep);
    if (this.random.chance(0.05) && !isNonNullType(type) && deep > 0) return null;
    if (isListType(type)) {
      if (this.random.chance(0.2)) return this.json(getNullableType(type.ofType), deep + 1);
      return Array.from({ length: this.random.below(3) }, () => this.required(type.ofType, deep + 1));
    }
    if (isEnumType(type)) return { enum: this.random.one(type.getValues()).name };
    if (!isInputObjectType(type)) return this.random.one(SCALARS[type.name]);
    const fields = {};
    for (const field of Object.values(type.getFields())) {
      const needed = isRequiredArgument(field) && !this.wrongly();
      if (needed || (deep < 3 && this.random.chance(0.15))) fields[field.name] = this.json(field.type, deep + 1);
    }
    if (this.wrongly()) fields.nothing = 1;
    return fields;
  }

  required(type, deep) {
    return isNonNullType(type) ? this.json(type.ofType, deep) : this.json(type, deep);
  }

  /** A value as it is written, a variable among them. */
  written(type, hasDefault) {
    if (this.random.chance(0.25)) return `$${this.variable(type, hasDefault)}`;
    return this.literal(type, this.json(type));
  }

  literal(type, value) {
    const inner = type && getNullableType(type);
    if (value === null || typeof value !== "object") {
      return JSON.stringify(value);
    }
    if (Array.isArray(value)) return `[${value.map((item) => this.literal(inner?.ofType, item)).join(" ")}]`;
    if ("enum" in value) return this.wrongly() ? JSON.stringify(value.enum) : value.enum;
    const fields = isInputObjectType(inner) ? inner.getFields() : {};
    const written = Object.entries(value).map(([name, field]) => {
      const type = fields[name]?.type;
      const variable = type && this.random.chance(0.1);
      return `${name}: ${variable ? `$${this.variable(type, false)}` : this.literal(type, field)}`;
    });
    return `{${written.join(this.random.one([", ", " "]))}}`;
  }

  variable(type, hasDefault) {
    if (this.wrongly()) return "undefined";
    const name = `v${(this.count = (this.count ?? 0) + 1)}`;
    let written = String(type);
    if (this.wrongly()) written = this.random.one(["Int", "String!", "[ID]", "Nothing", "Viewer", "[Int!]!", "Boolean"]);
    else if (this.random.chance(0.3)) written = `${getNullableType(type)}!`;
    else if (hasDefault && isNonNullType(type)) written = String(type.ofType);
    const value = this.json(type);
    const definition = { written };
    if (this.random.chance(0.3)) definition.initial = this.constant(type);
    // What is left out has a default, or may be left out.
    const absent = this.random.chance(0.15) && (definition.initial || !written.endsWith("!"));
    if (!absent && !(value === null && definition.initial)) definition.value = value;
    if (written.endsWith("!") && definition.value === undefined && !definition.initial) definition.value = this.json(type);
    this.variables.set(name, definition);
    return name;
  }


  /** A value without a variable in it. */
  constant(type) {
    const before = this.variables.size;
    const written = this.literal(type, this.json(type));
    // Those that came into it are taken out again.
    if (!written.includes("$")) return written;
    for (const name of [...this.variables.keys()].slice(before)) this.variables.delete(name);
    return "null";
  }

  directive() {
    if (!this.random.chance(0.08)) return "";
    if (this.wrongly()) return this.random.one([" @skip", " @nothing", " @include(if: 1)", " @deprecated", " @skip(if: true, x: 1)"]);
    const { BOOLEAN } = this;
    return ` @${this.random.one(["skip", "include"])}(if: ${this.written(BOOLEAN, false)})`;
  }

  get BOOLEAN() {
    return this.schema.getDirective("skip").args[0].type;
  }

  field(type, level) {
    if (this.wrongly()) return this.random.one(["nothing", "id { x }", "__typename(x: 1)", "__schema { types { name } }"]);
    if (this.random.chance(0.08)) return `__typename${this.directive()}`;
    const fields = Object.values(type.getFields?.() ?? {});
    const leaves = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    const usable = level < DEEP || leaves.length === 0 ? fields : leaves;
    if (usable.length === 0) return "__typename";
    return this.call(this.random.one(usable), level);
  }

  call(field, level) {
    const given = field.args.filter((argument) => {
      const needed = isRequiredArgument(argument) && !this.wrongly();
      return needed || this.random.chance(0.2);
    });
    const written = given.map(
      (argument) => `${argument.name}: ${this.written(argument.type, argument.defaultValue !== undefined)}`,
    );
    if (this.wrongly()) written.push(this.random.one(["nothing: 1", "first: 1", ...written, "x: $undefined"]));
    const alias = this.random.chance(0.12) ? `${this.random.one(["a", "b", "c", "id"])}: ` : "";
    const called = written.length > 0 ? `(${written.join(", ")})` : "";
    const to = getNamedType(field.type);
    const selects = isCompositeType(to) && level <= DEEP && !this.wrongly();
    const within = selects ? ` ${this.set(to, level + 1)}` : "";
    return `${alias}${field.name}${called}${this.directive()}${within}`;
  }

  selection(type, level) {
    if (level <= DEEP && this.random.chance(0.12)) {
      const possible = isInterfaceType(type) ? this.schema.getPossibleTypes(type) : [type];
      let on = this.random.chance(0.5) ? type : this.random.one(possible);
      if (isObjectType(type) && type.getInterfaces().length > 0 && this.random.chance(0.3)) on = type.getInterfaces()[0];
      if (this.wrongly()) on = this.random.one([this.schema.getType("Shift"), this.schema.getType("Int"), { name: "Nothing" }]);
      const set = isCompositeType(on) ? this.set(on, level + 1) : "{ __typename }";
      if (this.random.chance(0.4)) return `... on ${on.name}${this.directive()} ${set}`;
      if (on === type && this.random.chance(0.3)) return `...${this.directive()} ${set}`;
      const name = `F${this.fragments.length}`;
      this.fragments.push(`fragment ${name} on ${on.name} ${set}`);
      return this.wrongly() ? "" : `...${name}${this.directive()}`;
    }
    return this.field(type, level);
  }

  set(type, level) {
    const count = 1 + this.random.below(level > 2 ? 2 : 3);
    const selections = Array.from({ length: count }, () => this.selection(type, level));
    if (this.random.chance(0.15)) selections.push(this.random.one(selections));
    const written = selections.filter((selection) => selection !== "");
    return `{ ${written.length > 0 ? written.join(this.random.one([" ", ", ", "\n"])) : "__typename"} }`;
  }

  /** The document, its variables as JSON, and what kind of operation it is. */
  document() {
    const kind = this.random.one(["query", "query", "query", "mutation", "subscription"]);
    const root = { query: "getQueryType", mutation: "getMutationType", subscription: "getSubscriptionType" }[kind];
    const type = this.schema[root]();
    const set =
      kind === "subscription" && !this.random.chance(0.1)
        ? `{ ${this.call(this.random.one(Object.values(type.getFields())), 1)} }`
        : this.set(type, 1);
    const definitions = [...this.variables].map(([name, { written, initial }]) => {
      return `$${name}: ${written}${initial === undefined ? "" : ` = ${initial}`}`;
    });
    if (this.wrongly()) definitions.push("$unused: Int");
    const defined = definitions.length > 0 ? `(${definitions.join(", ")})` : "";
    const variables = {};
    for (const [name, { value }] of this.variables) {
      if (value !== undefined) variables[name] = unwrapped(value);
    }
    return { kind, query: [`${kind}${defined} ${set}`, ...this.fragments].join("\n"), variables };
  }
}

/** A value with the names of its enumerations as texts. */
function unwrapped(value) {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (value === null || typeof value !== "object") return value;
  if ("enum" in value) return value.enum;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unwrapped(field)]));
}

export const made = (schema, seed) => new Writer(schema, seed).document();
