import Ajv, { type ValidateFunction } from "ajv";

/** What the OpenAPI document says of one method of one path. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for each place. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Null: it takes no body. */
  readonly body: Body | null;
  /** By status. */
  readonly answers: ReadonlyMap<number, AnswerDescription>;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: Schema;
}

interface Body {
  /** By name. */
  readonly fields: Readonly<Record<string, Schema>>;
  readonly examples: readonly unknown[];
  /** Why the document forbids a body, or null. */
  problem(value: unknown): string | null;
}

interface AnswerDescription {
  /** A type such as `application/json`, or a range of them. */
  readonly contentType: string;
  /** Of problems; empty for a success. */
  readonly codes: readonly string[];
  /** Why a body is not as it is described, or null. */
  problem(value: unknown): string | null;
}

/** As much of a schema as whoever makes values for it asks for. */
export interface Schema {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}

interface OperationObject {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

type Content = Readonly<Record<string, MediaType>>;

interface MediaType {
  readonly schema: Schema & { readonly $ref?: string };
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** @param text the document, as it is served */
export function operationsOf(text: string): readonly Operation[] {
  // What the validators in the tests of the document have found valid has this shape.
  const document = JSON.parse(text) as Document;
  const judge = judgeOf(document);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(path, method, operation, { judge, document })),
  );
}

interface Reading {
  readonly document: Document;
  readonly judge: Judge;
}

type Judge = (...pointer: readonly string[]) => (value: unknown) => string | null;

/** Asks a library, not the product's own compiler, which made the document from the same schemas. */
function judgeOf(document: object): Judge {
  const ajv = new Ajv({ strict: false, allErrors: false, validateSchema: false, logger: false });
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
  ajv.addFormat("binary", true);
  ajv.addSchema(document, "document");
  return (...pointer) => {
    const validate: ValidateFunction = ajv.compile({ $ref: `document#${pointer.map(escaped).join("")}` });
    return (value) => (validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: "body" }));
  };
}

/** RFC 6901 §6. */
function escaped(key: string): string {
  return `/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`;
}

function operationOf(path: string, method: string, operation: OperationObject, reading: Reading): Operation {
  const { judge } = reading;
  const { operationId, parameters, requestBody, responses } = operation;
  const answers = Object.entries(responses).map(([status, { content }]) => {
    const [contentType = ""] = Object.keys(content);
    const at = ["paths", path, method, "responses", status, "content", contentType, "schema"];
    const codes = Object.keys(content[contentType]?.examples ?? {});
    return [Number(status), { contentType, codes, problem: judge(...at) }] as const;
  });
  return {
    ...{ id: operationId, method: method.toUpperCase(), path, parameters, answers: new Map(answers) },
    body: requestBody === undefined ? null : bodyOf(path, method, requestBody.content, reading),
  };
}

function bodyOf(path: string, method: string, content: Content, { document, judge }: Reading): Body {
  const { schema = {}, examples = {} } = content["application/json"] ?? {};
  const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? "")?.[1];
  const { properties = {} } = name === undefined ? schema : (document.components.schemas[name] ?? {});
  return {
    fields: properties,
    examples: Object.values(examples).map(({ value }) => value),
    problem: judge("paths", path, method, "requestBody", "content", "application/json", "schema"),
  };
}
