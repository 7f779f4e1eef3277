// What graphql-eslint asks of schema.graphql and of the persisted operations: all rules of its recommended and Relay
// sets, and a description on everything. A rule that is set otherwise than its set has the reason beside it.

import { fileURLToPath } from "node:url";
import graphql from "@graphql-eslint/eslint-plugin";

const root = new URL("../../", import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const rulesOf = (set) => graphql.configs[`flat/${set}`].rules;

/** Types without an identity of their own: they are parts of what contains them, and stand in no list of their own. */
const VALUES = [
  // Lenses on one organisation or area: that has the id.
  "Community",
  "Company",
  "Station",
  // Answers as of one position: asked for, shown, never referred to.
  "CommunityOverview",
  "ContractReport",
  "DutyBoard",
  "Log",
  "StationDashboard",
  // Figures and the rows of tables inside an answer.
  "CommunityContract",
  "Continuity",
  "Durations",
  "DutyGap",
  "DutyNow",
  "Figure",
  "IncidentsOfKind",
  "IncidentsOfPriority",
  "Lag",
  "LeftOut",
  "OpenIncidents",
  "OpenIncidentsByAge",
  "PayerFigures",
  "Period",
  "PostReport",
  "RepeatPlace",
  "ReportedBreach",
  "ReportedStatement",
  "StatementSummary",
  "TeamFigures",
  "YearOnYear",
  // Parts that are recorded, changed and read with what contains them.
  "Assessment",
  "AssessmentWeight",
  "Disposition",
  "ExportScale",
  "FixedItem",
  "GridStaff",
  "Licence",
  "Membership",
  "MoneyTerms",
  "PersonalField",
  "PlanVersion",
  "PostDefinition",
  "Refusal",
  "RouteStop",
  "RunStop",
  "ServiceLevel",
  "ShiftPlace",
  "StatementLine",
  "Suspension",
  "Transfer",
  "Unit",
  // Of the API itself.
  "PageInfo",
  "UserError",
];

const described = {
  types: true,
  rootField: true,
  DirectiveDefinition: true,
  EnumValueDefinition: true,
  FieldDefinition: true,
  InputValueDefinition: true,
};

/** One for both: the plugin keeps the first that it meets, and which file is read first is not settled. */
const graphQLConfig = {
  schema: path("schema.graphql"),
  documents: path("crates/graphql/operations/*.graphql"),
};

export default [
  {
    files: ["schema.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...rulesOf("schema-recommended"),
      ...rulesOf("schema-relay"),
      "@graphql-eslint/require-description": ["error", described],
      // Lists go forward only: `first` is required and bounded on every list, which two ways at once would contradict.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // What belongs to its owner and is bounded (the stops of a run, the roles of a viewer, `nodes` of a connection) is a
      // plain list; lists that grow are connections. The Relay specification asks for nothing else.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      "@graphql-eslint/strict-id-in-types": [
        "error",
        // A change is what a subscription tells of something with an id.
        { exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "Payload", "Change"] } },
      ],
    },
  },
  {
    files: ["crates/graphql/operations/*.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig },
    },
    plugins: { "@graphql-eslint": graphql },
    rules: rulesOf("operations-recommended"),
  },
];
