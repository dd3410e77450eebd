import { describe, expect, test } from "vitest";
import { ProtobufReader } from "../../../../src/api/schema/protobuf-reader.ts";
import {
  openApiV2,
  openApiV2Protobuf,
} from "../../../../src/control-plane/apiserver/openapi/openapi-v2.ts";
import { nodes, pods, served } from "./served-kinds.ts";

describe("the OpenAPI v2 document", () => {
  test("has the PATCH of each kind, whose parameters tell kubectl what the server can do", () => {
    const { paths } = openApiV2(served, "v1.36.0") as {
      readonly paths: Readonly<Record<string, unknown>>;
    };

    expect(Object.keys(paths)).toEqual([
      "/api/v1/namespaces/{namespace}/pods/{name}",
      "/api/v1/nodes/{name}",
      "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}",
    ]);
    expect(paths["/api/v1/nodes/{name}"]).toMatchObject({
      patch: {
        parameters: expect.arrayContaining([
          { name: "dryRun", in: "query", type: "string" },
          { name: "fieldValidation", in: "query", type: "string" },
        ]),
        "x-kubernetes-group-version-kind": { group: "", version: "v1", kind: "Node" },
      },
    });
  });

  test("refers to definitions plainly, as version 2 wants it", () => {
    expect(openApiV2([nodes], "v1.36.0")).toMatchObject({
      swagger: "2.0",
      definitions: {
        "io.k8s.api.core.v1.Node": {
          properties: { spec: { $ref: "#/definitions/io.k8s.api.core.v1.NodeSpec" } },
        },
        "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
      },
    });
  });
});

describe("the OpenAPI v2 document as protobuf", () => {
  test("is the bytes that gnostic's message has for it", () => {
    const bytes = openApiV2Protobuf([{ ...nodes, subresources: [] }], "v1");

    // openapi.v2.Document, read with gnostic-models 0.7.0: one path, PATCH of /api/v1/nodes/{name}.
    expect(read(bytes)).toEqual([
      [1, "2.0"],
      [
        2,
        [
          [1, "Kubernetes"],
          [2, "v1"],
        ],
      ],
      [
        8,
        [
          [
            2,
            [
              [1, "/api/v1/nodes/{name}"],
              [2, [[8, patchOfNode]]],
            ],
          ],
        ],
      ],
    ]);
  });

  test("has a path for each kind that can be patched", () => {
    const [, , [, paths] = []] = read(openApiV2Protobuf(served, "v1.36.0")) as [
      number,
      unknown[],
    ][];

    expect(paths).toHaveLength(3);
  });

  test("grows with lengths of more than one byte", () => {
    const kind = { ...pods, plural: "p".repeat(200), subresources: [] };

    expect(JSON.stringify(read(openApiV2Protobuf([kind], "v1")))).toContain("p".repeat(200));
  });
});

const patchOfNode = [
  ...[
    ["dryRun", "string"],
    ["fieldManager", "string"],
    ["fieldValidation", "string"],
    ["force", "boolean"],
  ].map(([name, type]) => [
    8,
    [
      [
        1,
        [
          [
            2,
            [
              [
                3,
                [
                  [2, "query"],
                  [4, name],
                  [6, type],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ]),
  [
    9,
    [
      [
        1,
        [
          [1, "200"],
          [2, [[1, [[1, "OK"]]]]],
        ],
      ],
    ],
  ],
  [
    13,
    [
      [1, "x-kubernetes-group-version-kind"],
      [2, [[2, 'group: ""\nkind: Node\nversion: v1\n']]],
    ],
  ],
];

/** Field numbers with their values; whether bytes are a message is told by how they begin. */
function read(bytes: Uint8Array): unknown[] {
  const fields: unknown[] = [];
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    const { number } = reader;
    const content = reader.bytes();
    const isText = (content[0] ?? 0x20) >= 0x20 && content[0] !== 0x42 && content[0] !== 0x4a;
    fields.push([number, isText ? new TextDecoder().decode(content) : read(content)]);
  }
  return fields;
}
