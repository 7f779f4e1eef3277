// How a schema may change: what breaks callers against the last release, and how deprecations are written and end.
// Pure: no files, no clock. The policy in words is in CONTRIBUTING.md.

import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from "graphql";

/** A reason that names what to use instead, in code quotes, and the first day on which it may be gone. */
const REASON = /^.+ Use `[^`]+`[^;]*; removed after (\d{4}-\d{2}-\d{2})\.$/u;

/** The day of a deprecation's reason, or nothing when the reason does not follow the policy. */
export function lastDay(reason) {
  const day = REASON.exec(reason)?.[1];
  const known = day && new Date(`${day}T00:00:00Z`);
  return known && !Number.isNaN(known.valueOf()) && known.toISOString().startsWith(day) ? day : undefined;
}

/** Everything deprecated in a schema: `{ place, reason }`. */
export function deprecations(schema) {
  const found = [];
  const note = (place, { deprecationReason }) => {
    if (deprecationReason != null) found.push({ place, reason: deprecationReason });
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field);
        for (const argument of field.args ?? []) note(`${type.name}.${field.name}.${argument.name}`, argument);
      }
    }
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value);
  }
  return found;
}

/**
 * What is wrong with the deprecations of a schema: reasons that do not follow the policy, and what should be gone at
 * the day of the last release (`YYYY-MM-DD`, or nothing when there was no release yet).
 */
export function deprecationProblems(schema, released) {
  return deprecations(schema).flatMap(({ place, reason }) => {
    const day = lastDay(reason);
    if (!day) return [`${place}: a reason reads "… Use \`…\`; removed after YYYY-MM-DD.", not "${reason}"`];
    if (released && day < released) return [`${place}: was to be removed after ${day}, the last release is of ${released}`];
    return [];
  });
}

/** A change as the accepted ones name it: its kind and its sentence. */
const said = ({ type, description }) => `${type}: ${description}`;

/**
 * Compares a schema with the released one.
 *
 * - `problems`: breaking changes that nobody accepted, and accepted ones that are none (any more) or have no reason.
 * - `notes`: what may surprise a caller and breaks nobody who follows the specification.
 *
 * Something that the release itself had deprecated until before `today` may go without being accepted.
 */
export function compare(released, present, accepted, today) {
  const over = deprecations(released).filter(({ reason }) => today && lastDay(reason) < today);
  const lapsed = new Set(over.flatMap(({ place }) => removal(place)));
  const isLapsed = ({ description }) => lapsed.has(description);
  const breaking = findBreakingChanges(released, present).filter((change) => !isLapsed(change)).map(said);
  const reasons = new Map(accepted.map(({ change, reason }) => [change, reason]));
  const problems = breaking.filter((change) => !reasons.has(change)).map((change) => `breaking: ${change}`);
  for (const [change, reason] of reasons) {
    if (!breaking.includes(change)) problems.push(`accepted, but not a change: ${change}`);
    if (!reason?.trim()) problems.push(`accepted without a reason: ${change}`);
  }
  if (reasons.size !== accepted.length) problems.push("a change is accepted twice");
  return { problems, notes: findDangerousChanges(released, present).map(said) };
}

/** The sentences of graphql-js about the removal of a field, an argument, an input field or an enum value. */
function removal(place) {
  const [type, member, argument] = place.split(".");
  return argument
    ? [`${type}.${member} arg ${argument} was removed.`]
    : [`${type}.${member} was removed.`, `${member} was removed from enum type ${type}.`];
}

/** The day of the last release in a changelog of the form of Keep a Changelog; nothing before the first. */
export function lastRelease(changelog) {
  return /^## \[?\d+\.\d+\.\d+\S*\]? [-–] (\d{4}-\d{2}-\d{2})$/mu.exec(changelog)?.[1];
}

/** All problems and notes of the four texts. */
export function check({ schema, released, accepted, changelog }) {
  const [now, before, day] = [buildSchema(schema), buildSchema(released), lastRelease(changelog)];
  const { problems, notes } = compare(before, now, JSON.parse(accepted), day);
  return { problems: [...problems, ...deprecationProblems(now, day)], notes };
}
