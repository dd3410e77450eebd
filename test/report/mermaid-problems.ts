/**
 * What is wrong with a Mermaid sequence diagram, line by line; nothing if Mermaid can read it. Knows
 * the part of the language that is written here: participants, messages, notes.
 *
 * @see mermaid `packages/mermaid/src/diagrams/sequence/parser/sequenceDiagram.jison`
 */
export function mermaidProblems(diagram: string): string[] {
  const [first, ...lines] = diagram.trimEnd().split("\n");
  const problems = first === "sequenceDiagram" ? [] : ["it does not begin with sequenceDiagram"];
  const declared = new Set<string>();
  for (const line of lines) {
    const statement = line.trim();
    // A number sign begins an entity, and a semicolon ends a statement.
    if (/[#;]/.test(statement.replaceAll(/#\d+;/g, ""))) problems.push(`not escaped: ${line}`);
    const [, participant] = /^participant (\w+) as \S.*$/.exec(statement) ?? [];
    if (participant !== undefined) declared.add(participant);
    else if (statement !== "autonumber") problems.push(...problemsOf(statement, declared));
  }
  return problems;
}

function problemsOf(statement: string, declared: ReadonlySet<string>): string[] {
  const [, from, to] =
    /^(\w+)(?:->>|-->>)(\w+): \S.*$/.exec(statement) ??
    /^Note over (\w+),(\w+): \S.*$/.exec(statement) ??
    [];
  if (from === undefined || to === undefined) return [`neither message nor note: ${statement}`];
  return [from, to].filter((name) => !declared.has(name)).map((name) => `nobody declared ${name}`);
}
