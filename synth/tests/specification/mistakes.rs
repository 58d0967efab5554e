//! What is wrong with a document, and what is said about it: every line and column, message and help.

use synth::report::{Diagnostic, Severity};

use crate::shared::{expect_lowered, lines, lower, warnings};

/// The first two lines of all documents but those that are about these lines.
const HEAD: &str = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n";

/// Name, whole document, errors.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    (
        "swagger 2.0",
        "\
swagger: '2.0'
info: {}
",
        "1:1: this is a Swagger 2.0 document, OpenAPI 3.0 is needed | convert it to OpenAPI 3.0.3, with Swagger Editor for instance",
    ),
    (
        "3.1",
        "\
openapi: 3.1.0
info: {title: T, version: '1'}
paths: {}
",
        "1:10: OpenAPI `3.1.0` cannot be read, 3.0 is needed | write the document as 3.0.3: `nullable: true` instead of a list of types, `exclusiveMinimum: true` beside `minimum`, no `$ref` with other keys beside it",
    ),
    (
        "openapi 4",
        "\
openapi: 4.0.0
",
        "1:10: OpenAPI `4.0.0` cannot be read, 3.0 is needed | write it as `3.0.3`",
    ),
    (
        "a number as version",
        "\
openapi: 3.0
",
        "1:10: `openapi` must be text | put it in quotes",
    ),
    (
        "no version",
        "\
info: {title: T}
",
        "1:1: the key `openapi` is missing | begin the document with `openapi: 3.0.3`",
    ),
    (
        "a list",
        "\
- openapi: 3.0.3
",
        "1:1: an OpenAPI document must be an object",
    ),
    (
        "no info",
        "\
openapi: 3.0.3
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
",
        "1:1: the key `info` is missing in an OpenAPI document",
    ),
    (
        "info without title",
        "\
openapi: 3.0.3
info: {titel: T, version: 1}
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
",
        "\
2:7: the key `title` is missing in `info`
2:8: unknown key `titel` in `info` | did you mean `title`?
2:27: `version` of `info` must be text | put it in quotes",
    ),
];

/// Name, document after its first two lines, errors.
const ERRORS: &[(&str, &str, &str)] = &[
    (
        "no paths",
        "",
        "1:1: the key `paths` is missing in an OpenAPI document",
    ),
    (
        "empty paths",
        "\
paths: {}
",
        "3:8: `paths` is empty | an API without operations cannot be deployed",
    ),
    (
        "paths as list",
        "\
paths: []
",
        "3:8: `paths` of an OpenAPI document must be an object",
    ),
    (
        "unknown key",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
component: {}
",
        "6:1: unknown key `component` in an OpenAPI document | did you mean `components`?",
    ),
    (
        "unknown key far from any",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
zzzzzz: {}
",
        "6:1: unknown key `zzzzzz` in an OpenAPI document | keys of an OpenAPI document: `openapi`, `info`, `paths`, `components`, `security`; your own begin with `x-`",
    ),
    (
        "route without slash",
        "\
paths:
  a:
    get: {operationId: a, responses: {'200': {description: d}}}
",
        "4:3: `a` is no route: a route begins with `/`",
    ),
    (
        "route with broken braces",
        "\
paths:
  '/a/{b':
    get: {operationId: a, responses: {'200': {description: d}}}
",
        "4:3: `/a/{b` is no route: a parameter's brace is not closed",
    ),
    (
        "the same route twice",
        "\
paths:
  /a/{x}:
    parameters: [{name: x, in: path, required: true, schema: {type: string}}]
    get: {operationId: a, responses: {'200': {description: d}}}
  /a/{y}:
    parameters: [{name: y, in: path, required: true, schema: {type: string}}]
    put: {operationId: b, responses: {'200': {description: d}}}
",
        "7:3: `/a/{x}` and `/a/{y}` are the same route | put the operations of both beneath one of them",
    ),
    (
        "unknown method",
        "\
paths:
  /a:
    gett: {operationId: a, responses: {'200': {description: d}}}
",
        "5:5: unknown key `gett` in a path | did you mean `get`?",
    ),
    (
        "path as text",
        "\
paths:
  /a: b
",
        "4:7: a path must be an object",
    ),
    (
        "path refers to nothing",
        "\
paths:
  /a: {$ref: '#/paths/~1b'}
",
        "4:14: there is nothing at `#/paths/~1b` | did you mean `/a`?",
    ),
    (
        "paths in a circle",
        "\
paths:
  /a: {$ref: '#/paths/~1b'}
  /b: {$ref: '#/paths/~1a'}
",
        "4:14: references lead round in a circle: `#/paths/~1b` -> `#/paths/~1a` -> `#/paths/~1b` | refer to what is meant itself",
    ),
    (
        "a path and a reference",
        "\
paths:
  /a:
    $ref: '#/paths/~1b'
    get: {operationId: a, responses: {'200': {description: d}}}
  /b:
    put: {operationId: b, responses: {'200': {description: d}}}
",
        "\
6:5: a path has `get` beside `$ref` | move it to the path that is referred to, or leave the reference out
8:24: the `operationId` `b` is used twice | give each operation a name of its own",
    ),
    (
        "no operationId",
        "\
paths:
  /a:
    get: {responses: {'200': {description: d}}}
",
        "5:5: the key `operationId` is missing in an operation | add an `operationId`: it names the operation's mapping template",
    ),
    (
        "operationId twice",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
    put: {operationId: a, responses: {'200': {description: d}}}
",
        "6:24: the `operationId` `a` is used twice | give each operation a name of its own",
    ),
    (
        "operationId that is no file name",
        "\
paths:
  /a:
    get: {operationId: ../a, responses: {'200': {description: d}}}
",
        "5:24: the `operationId` `../a` cannot name a file | use letters, digits, `.`, `-` and `_`",
    ),
    (
        "operationId as number",
        "\
paths:
  /a:
    get: {operationId: 12, responses: {'200': {description: d}}}
",
        "5:24: `operationId` of an operation must be text | put it in quotes",
    ),
    (
        "misspelt key of an operation",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      sumary: s
",
        "8:7: unknown key `sumary` in an operation | did you mean `summary`?",
    ),
    (
        "tags as text",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      tags: a
",
        "8:13: `tags` of an operation must be a list",
    ),
    (
        "tag as number",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      tags: [1]
",
        "8:14: each item of `tags` of an operation must be text | put it in quotes",
    ),
    (
        "summary as object",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      summary: {}
",
        "8:16: `summary` of an operation must be text",
    ),
    (
        "path parameter not declared",
        "\
paths:
  /a/{id}:
    get:
      operationId: a
      responses: {'200': {description: d}}
",
        "4:6: the path parameter `id` is not declared | add a parameter with `name: id`, `in: path` and `required: true`",
    ),
    (
        "path parameter not in the route",
        "\
paths:
  /a/{id}:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: idd, in: path, required: true, schema: {type: string}}]
",
        "\
4:6: the path parameter `id` is not declared | add a parameter with `name: id`, `in: path` and `required: true`
8:27: the path parameter `idd` is not in the route `/a/{id}` | did you mean `id`?",
    ),
    (
        "path parameter of the path not in the route",
        "\
paths:
  /a:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: a, responses: {'200': {description: d}}}
",
        "5:25: the path parameter `id` is not in the route `/a` | add `{id}` to the route",
    ),
    (
        "path parameter not required",
        "\
paths:
  /a/{id}:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: path, schema: {type: string}}]
",
        "8:27: the path parameter `id` is not required | add `required: true`",
    ),
    (
        "path parameter required: false",
        "\
paths:
  /a/{id}:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: path, required: false, schema: {type: string}}]
",
        "8:51: the path parameter `id` is not required | add `required: true`",
    ),
    (
        "required in quotes",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query, required: 'true', schema: {type: string}}]
",
        "8:52: `required` of a parameter must be `true` or `false` | leave the quotes out",
    ),
    (
        "required: yes",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query, required: yes, schema: {type: string}}]
",
        "8:52: `required` of a parameter must be `true` or `false` | YAML 1.2 writes it as `true`",
    ),
    (
        "misspelt key of a parameter",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query, requierd: true, schema: {type: string}}]
",
        "8:42: unknown key `requierd` in a parameter | did you mean `required`?",
    ),
    (
        "misspelt place",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: qeury, schema: {type: string}}]
",
        "8:35: there is no place `qeury` for it to travel in | did you mean `query`?",
    ),
    (
        "body parameter",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: body, schema: {type: string}}]
",
        "8:35: there is no place `body` for it to travel in | OpenAPI 3.0 has `requestBody` instead",
    ),
    (
        "no name",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{in: query, schema: {type: string}}]
",
        "8:20: the key `name` is missing in a parameter",
    ),
    (
        "empty name",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: '', in: query, schema: {type: string}}]
",
        "8:27: a parameter's name is empty",
    ),
    (
        "no place",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, schema: {type: string}}]
",
        "8:20: the key `in` is missing in a parameter",
    ),
    (
        "no schema",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query}]
",
        "8:20: the key `schema` is missing in a parameter | add for instance `schema: { type: string }`",
    ),
    (
        "schema and content",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query, schema: {}, content: {a/b: {}}}]
",
        "8:63: a parameter has both `schema` and `content` | keep `schema`",
    ),
    (
        "two media types",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{name: id, in: query, content: {a/b: {}, c/d: {}}}]
",
        "8:51: `content` of a parameter must have one media type | keep one, or use `schema`",
    ),
    (
        "parameter twice",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters:
      - {name: X-Id, in: header, schema: {type: string}}
      - {name: x-id, in: header, schema: {type: string}}
",
        "10:9: the parameter `x-id` is declared twice | remove one of the two",
    ),
    (
        "parameters as object",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: {id: {in: query}}
",
        "8:19: `parameters` of an operation must be a list",
    ),
    (
        "refers to nothing",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{$ref: '#/components/parameters/Pagina'}]
components:
  parameters:
    Page: {name: p, in: query, schema: {type: integer}}
    Pagin: {name: q, in: query, schema: {type: integer}}
",
        "8:27: there is nothing at `#/components/parameters/Pagina` | did you mean `Pagin`?",
    ),
    (
        "refers to another kind",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{$ref: '#/components/responses/R'}]
components: {responses: {R: {description: d}}}
",
        "8:27: this refers to a response, a parameter is needed | what is needed stands beneath `#/components/parameters/`",
    ),
    (
        "refers to another document",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{$ref: 'common.yaml#/P'}]
",
        "8:27: `common.yaml#/P` is outside of this document | bundle the documents into one first; a reference within the document looks like `#/components/parameters/Name`",
    ),
    (
        "refers to a web page",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: 'https://example.org/a.json'}
",
        "8:15: `https://example.org/a.json` is outside of this document | bundle the documents into one first; a reference within the document looks like `#/components/schemas/Name`",
    ),
    (
        "refers to a name alone",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: string}
    B: {$ref: 'A'}
",
        "9:15: `A` is no reference to a place in this document | a reference within the document looks like `#/components/schemas/A`",
    ),
    (
        "refers to no pointer",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: '#A'}
",
        "8:15: `#A` is no reference to a place in this document | a reference within the document looks like `#/components/schemas/Name`",
    ),
    (
        "wrong escape",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: '#/components/schemas/a~2'}
",
        "8:15: `#/components/schemas/a~2` has a wrong escape | `~` is written as `~0`, `/` as `~1`, and `%` is followed by two hexadecimal digits",
    ),
    (
        "wrong percent",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: '#/components/schemas/%zz'}
",
        "8:15: `#/components/schemas/%zz` has a wrong escape | `~` is written as `~0`, `/` as `~1`, and `%` is followed by two hexadecimal digits",
    ),
    (
        "reference as list",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: []}
",
        "8:15: `$ref` must be text",
    ),
    (
        "parameters in a circle",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{$ref: '#/components/parameters/A'}]
components:
  parameters:
    A: {$ref: '#/components/parameters/B'}
    B: {$ref: '#/components/parameters/A'}
",
        "11:15: references lead round in a circle: `#/components/parameters/B` -> `#/components/parameters/A` -> `#/components/parameters/B` | refer to what is meant itself",
    ),
    (
        "responses in a circle",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  responses:
    A: {$ref: '#/components/responses/A'}
",
        "8:15: references lead round in a circle: `#/components/responses/A` -> `#/components/responses/A` | refer to what is meant itself",
    ),
    (
        "security schemes in a circle",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  securitySchemes:
    A: {$ref: '#/components/securitySchemes/A'}
",
        "8:15: references lead round in a circle: `#/components/securitySchemes/A` -> `#/components/securitySchemes/A` | refer to what is meant itself",
    ),
    (
        "body without content",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      requestBody: {required: true}
",
        "8:20: the key `content` is missing in a request body",
    ),
    (
        "body refers to a schema",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      requestBody: {$ref: '#/components/schemas/A'}
components: {schemas: {A: {type: object}}}
",
        "8:27: this refers to a schema, a request body is needed | what is needed stands beneath `#/components/requestBodies/`",
    ),
    (
        "no media type",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      requestBody: {content: {json: {}}}
",
        "8:31: `json` is no media type | a media type looks like `application/json`",
    ),
    (
        "misspelt key of a media type",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      requestBody: {content: {application/json: {shema: {}}}}
",
        "8:50: unknown key `shema` in a media type | did you mean `schema`?",
    ),
    (
        "no responses",
        "\
paths:
  /a:
    get: {operationId: a}
",
        "5:10: the key `responses` is missing in an operation",
    ),
    (
        "empty responses",
        "\
paths:
  /a:
    get: {operationId: a, responses: {}}
",
        "5:38: `responses` of an operation is empty | describe at least the response of success",
    ),
    (
        "no status",
        "\
paths:
  /a:
    get: {operationId: a, responses: {20: {description: d}, 4xx: {description: d}, 600: {description: d}, Default: {description: d}}}
",
        "\
5:39: `20` is no status code | use a code such as `200`, a range such as `4XX`, or `default`
5:61: `4xx` is no status code | use a code such as `200`, a range such as `4XX`, or `default`
5:84: `600` is no status code | use a code such as `200`, a range such as `4XX`, or `default`
5:107: `Default` is no status code | use a code such as `200`, a range such as `4XX`, or `default`",
    ),
    (
        "response without description",
        "\
paths:
  /a:
    get: {operationId: a, responses: {200: {}}}
",
        "5:44: the key `description` is missing in a response",
    ),
    (
        "misspelt key of a response",
        "\
paths:
  /a:
    get: {operationId: a, responses: {200: {description: d, contents: {}}}}
",
        "5:61: unknown key `contents` in a response | did you mean `content`?",
    ),
    (
        "name in a header",
        "\
paths:
  /a:
    get: {operationId: a, responses: {200: {description: d, headers: {H: {name: H, schema: {}}}}}}
",
        "5:75: unknown key `name` in a header | keys of a header: `description`, `required`, `schema`, `content`; your own begin with `x-`",
    ),
    (
        "unknown scheme",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      security: [{JWT-Claim: []}]
components: {securitySchemes: {JWT-Claims: {type: http, scheme: bearer}}}
",
        "8:19: there is no security scheme `JWT-Claim` | did you mean `JWT-Claims`?",
    ),
    (
        "unknown scheme of the document",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
security: [{JWT: []}]
",
        "6:13: there is no security scheme `JWT` | define it in `components.securitySchemes`",
    ),
    (
        "scopes as text",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      security: [{J: read}]
components: {securitySchemes: {J: {type: http, scheme: bearer}}}
",
        "8:22: the scopes of `J` must be a list",
    ),
    (
        "security as object",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      security: {J: []}
components: {securitySchemes: {J: {type: http, scheme: bearer}}}
",
        "8:17: `security` must be a list",
    ),
    (
        "unknown type of scheme",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  securitySchemes:
    J: {type: htp, scheme: bearer}
",
        "8:15: there is no type of security scheme `htp` | did you mean `http`?",
    ),
    (
        "scheme without scheme",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  securitySchemes:
    J: {type: http}
",
        "8:8: the key `scheme` is missing in a security scheme",
    ),
    (
        "API key in the path",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  securitySchemes:
    J: {type: apiKey, name: k, in: path}
",
        "8:36: an API key cannot travel in the path | use `header`, `query` or `cookie`",
    ),
    (
        "misspelt section",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schema: {}
",
        "7:3: unknown key `schema` in `components` | did you mean `schemas`?",
    ),
    (
        "name with a space",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    'A B': {type: string}
",
        "8:5: `A B` cannot be a name in `components` | use letters, digits, `.`, `-` and `_`",
    ),
    (
        "mistake in what nobody uses",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  parameters:
    P: {name: p, in: qury, schema: {type: string}}
",
        "8:22: there is no place `qury` for it to travel in | did you mean `query`?",
    ),
    (
        "unknown type",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: strng}
",
        "8:15: there is no type `strng` | did you mean `string`?",
    ),
    (
        "type null",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: 'null'}
",
        "8:15: there is no type `null` | OpenAPI 3.0 has `nullable: true` instead",
    ),
    (
        "list of types",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: [string, 'null']}
",
        "8:15: `type` of a schema must be text | write one type, with `nullable: true` beside it where null is allowed",
    ),
    (
        "misspelt keyword",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: string, maxlength: 5}
",
        "8:23: unknown key `maxlength` in a schema | did you mean `maxLength`?",
    ),
    (
        "no items",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: array}
",
        "8:8: the key `items` is missing in a schema of the type `array` | describe one item with `items`; `items: {}` allows anything",
    ),
    (
        "items as list",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: array, items: []}
",
        "8:29: a schema must be an object",
    ),
    (
        "exclusive bound of 3.1",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: integer, exclusiveMinimum: 5}
",
        "8:42: `exclusiveMinimum` of a schema must be `true` or `false` | write `minimum: 5` and `exclusiveMinimum: true`",
    ),
    (
        "length as text",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: string, maxLength: '5'}
",
        "8:34: `maxLength` of a schema must be a whole number from 0",
    ),
    (
        "negative length",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: string, minLength: -1}
",
        "8:34: `minLength` of a schema must be a whole number from 0",
    ),
    (
        "bound as text",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: integer, minimum: low}
",
        "8:33: `minimum` of a schema must be a number",
    ),
    (
        "required on a property",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: object, properties: {b: {type: string, required: true}}}
",
        "8:64: `required` of a schema must be a list | the object around a property lists the names of those that it requires",
    ),
    (
        "empty enum",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {enum: []}
",
        "8:15: `enum` of a schema is empty | list the values, or leave `enum` out",
    ),
    (
        "enum as text",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {enum: a}
",
        "8:15: `enum` of a schema must be a list",
    ),
    (
        "empty allOf",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {allOf: []}
",
        "8:16: `allOf` of a schema is empty | list the schemas, or leave `allOf` out",
    ),
    (
        "allOf as object",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {allOf: {type: object}}
",
        "8:16: `allOf` of a schema must be a list",
    ),
    (
        "properties as list",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {properties: [a]}
",
        "8:21: `properties` of a schema must be an object",
    ),
    (
        "schema as text",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: string
",
        "8:8: a schema must be an object",
    ),
    (
        "discriminator as text",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {discriminator: kind}
",
        "8:24: `discriminator` must be an object",
    ),
    (
        "schema in itself",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {properties: {a: {$ref: '#/components/schemas/A'}}}
",
        "8:32: the schema `A` contains itself: A -> A | break the circle: a request model is emitted with all that it refers to",
    ),
    (
        "schemas in one another",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {properties: {b: {$ref: '#/components/schemas/B'}}}
    B: {type: array, items: {$ref: '#/components/schemas/C'}}
    C: {allOf: [{$ref: '#/components/schemas/A'}]}
",
        "10:24: the schema `A` contains itself: A -> B -> C -> A | break the circle: a request model is emitted with all that it refers to",
    ),
    (
        "schemas that are nothing but each other",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {$ref: '#/components/schemas/B'}
    B: {$ref: '#/components/schemas/A'}
",
        "9:15: the schema `A` contains itself: A -> B -> A | break the circle: a request model is emitted with all that it refers to",
    ),
    (
        "part of a schema in itself",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {properties: {a: {properties: {b: {$ref: '#/components/schemas/A/properties/a'}}}}}
",
        "8:42: schemas stand more than 50 deep within one another | check for a reference into a schema that leads back into the same schema",
    ),
    (
        "contradicting types",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: object}
    B: {allOf: [{$ref: '#/components/schemas/A'}, {type: string}]}
",
        "9:51: the parts of `allOf` contradict one another: type `object` and type `string` | change one of the two, or leave one out of the `allOf`",
    ),
    (
        "contradicting types of a property",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {allOf: [{properties: {p: {type: string}}}, {properties: {p: {type: integer}}}]}
",
        "8:69: the parts of `allOf` contradict one another: type `string` and type `integer` | change one of the two, or leave one out of the `allOf`",
    ),
    (
        "several mistakes at once",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}, parmeters: []}
  /b:
    get: {responses: {'200': {descripton: d}}}
  /c:
    post: {operationId: a, responses: {'200': {description: 5}}}
",
        "\
5:65: unknown key `parmeters` in an operation | did you mean `parameters`?
7:5: the key `operationId` is missing in an operation | add an `operationId`: it names the operation's mapping template
7:30: the key `description` is missing in a response
7:31: unknown key `descripton` in a response | did you mean `description`?
9:25: the `operationId` `a` is used twice | give each operation a name of its own
9:61: `description` of a response must be text | put it in quotes",
    ),
];

/// Name, document after its first two lines, warnings.
const WARNINGS: &[(&str, &str, &str)] = &[
    (
        "required without property",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A:
      type: object
      required: [nam, name]
      properties: {name: {type: string}}
",
        "10:18: the property `nam` is required and not described | did you mean `name`?",
    ),
    (
        "required in a part, described in another",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A:
      allOf:
      - {required: [name]}
      - {properties: {name: {type: string}}}
",
        "",
    ),
    (
        "required by a merged schema",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A:
      allOf: [{$ref: '#/components/schemas/B'}, {type: object}]
    B: {type: object, required: [gone]}
",
        "9:7: the property `gone` is required and not described | describe it in `properties`",
    ),
    (
        "required where anything is allowed",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: object, required: [x], additionalProperties: true}
",
        "",
    ),
    (
        "pattern",
        "\
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d}}}
components:
  schemas:
    A: {type: string, pattern: '[0-9'}
    B: {type: string, pattern: '(?!a)\\d{4}$'}
    C: {type: string, pattern: 'a)'}
",
        "\
8:32: the pattern `[0-9` is no regular expression: a bracket is not closed | requests are checked against it
10:32: the pattern `a)` is no regular expression: a parenthesis is closed that was not opened | requests are checked against it",
    ),
];

/// Name, document after its first two lines, notes.
const NOTES: &[(&str, &str, &str)] = &[
    (
        "header parameters that OpenAPI ignores",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters:
      - {name: Accept, in: header, schema: {type: string}}
",
        "9:16: the header parameter `Accept` is left out",
    ),
    (
        "counted once",
        "\
paths:
  /a:
    get:
      operationId: a
      responses: {'200': {description: d}}
      parameters: [{$ref: '#/components/parameters/P'}]
    put:
      operationId: b
      responses: {'200': {description: d}}
      parameters: [{$ref: '#/components/parameters/P'}]
components: {parameters: {P: {name: p, in: query, example: x, schema: {type: string}}}}
",
        "13:51: `example` of a parameter is left out",
    ),
    (
        "left out",
        "\
servers: []
paths:
  /a:
    get:
      operationId: a
      externalDocs: {}
      callbacks: {}
      deprecated: true
      x-own: 1
      parameters:
      - {name: p, in: query, style: form, explode: true, allowReserved: false, example: 1, examples: {}, content: {a/b: {schema: {type: string}, example: x, encoding: {}}}}
      - {name: q, in: query, style: form, schema: {type: string, xml: {}}}
      responses: {200: {description: d, links: {}}}
components:
  callbacks: {}
  schemas:
    A: {$ref: '#/components/schemas/B', description: d}
    B: {type: string}
",
        "\
3:1: `servers` of an OpenAPI document is left out
8:7: `externalDocs` of an operation is left out
9:7: `callbacks` of an operation is left out
10:7: `deprecated` of an operation is left out
11:7: `x-own` is left out
13:30: `style` of a parameter is left out (2 times)
13:43: `explode` of a parameter is left out
13:58: `allowReserved` of a parameter is left out
13:80: `example` of a parameter is left out
13:92: `examples` of a parameter is left out
13:115: the media type in `content` of a parameter is left out
13:146: `example` of a media type is left out
13:158: `encoding` of a media type is left out
14:66: `xml` of a schema is left out
15:41: `links` of a response is left out
17:3: `callbacks` of `components` is left out
19:41: `description` beside `$ref` is left out",
    ),
];

#[test]
fn errors() {
    for (name, text, expected) in DOCUMENTS {
        let errors = lower(text).expect_err(name);
        assert_eq!(lines(&errors), *expected, "{name}");
    }
    for (name, text, expected) in ERRORS {
        let errors = lower(&format!("{HEAD}{text}")).expect_err(name);
        assert_eq!(lines(&errors), *expected, "{name}");
        assert!(errors.iter().all(|error| error.severity == Severity::Error), "{name}");
    }
}

#[test]
fn warnings_do_not_stop() {
    for (name, text, expected) in WARNINGS {
        let (_, found) = expect_lowered(lower(&format!("{HEAD}{text}")));
        assert_eq!(lines(&warnings(&found)), *expected, "{name}");
    }
}

#[test]
fn what_the_model_has_no_place_for_is_named_once() {
    for (name, text, expected) in NOTES {
        let (_, found) = expect_lowered(lower(&format!("{HEAD}{text}")));
        let notes: Vec<Diagnostic> = found.into_iter().filter(|note| note.severity == Severity::Note).collect();
        assert_eq!(lines(&notes), *expected, "{name}");
    }
}

/// Errors that concern two places show both.
#[test]
fn both_places_are_shown() {
    let text = format!(
        "{HEAD}paths:\n  /a:\n    get: {{operationId: a, responses: {{'200': {{description: d}}}}}}\n    \
         put: {{operationId: a, responses: {{'200': {{description: d}}}}}}\n"
    );
    let errors = lower(&text).expect_err("the same name twice");
    let places: Vec<_> = errors[0].places.iter().map(|place| place.source.line_column(place.span.start)).collect();
    assert_eq!(places, [(6, 24), (5, 24)]);
}
