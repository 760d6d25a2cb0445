import { Type } from "@sinclair/typebox";
import type { RouteDocument } from "./route-document.ts";
import { record } from "./schemas.ts";
import { SWAGGER_ASSETS } from "./swagger-page.ts";

export const READ_ROOT: RouteDocument = {
  tag: "Documentation",
  operationId: "readRoot",
  summary: "The way to this page",
  answer: {
    status: 302,
    description: "Browsers are sent to `/swagger`.",
    kind: "data",
    schema: record(
      {
        documentation: Type.String({ description: "The page for people." }),
        document: Type.String({ description: "The document for tools." }),
      },
      "Where the documentation is.",
    ),
    example: { documentation: "/swagger", document: "/swagger/json" },
  },
};

export const READ_PAGE: RouteDocument = {
  tag: "Documentation",
  operationId: "readPage",
  summary: "This page",
  answer: {
    status: 200,
    description: "Swagger UI, every file of it from this server.",
    kind: "text",
    contentType: "text/html",
    schema: Type.String(),
    example: "<!doctype html>",
  },
};

export const READ_DOCUMENT: RouteDocument = {
  tag: "Documentation",
  operationId: "readDocument",
  summary: "This document",
  answer: {
    status: 200,
    description: "OpenAPI 3.0.3.",
    kind: "text",
    contentType: "application/json",
    schema: Type.Object({}, { additionalProperties: true }),
    example: { openapi: "3.0.3" },
  },
};

export const READ_ASSET: RouteDocument = {
  tag: "Documentation",
  operationId: "readAsset",
  summary: "A file of this page",
  answer: {
    status: 200,
    description: "A script, a style sheet or an icon.",
    kind: "text",
    contentType: "*/*",
    schema: Type.String({ format: "binary" }),
    example: "",
  },
  places: { asset: [...SWAGGER_ASSETS.keys()] },
  problems: ["unknown_route"],
};
