/**
 * What is wrong with a Mermaid state diagram, line by line; nothing if Mermaid can read it. Knows the
 * part of the language that is written here: states, composite states, transitions, classes.
 *
 * @see mermaid `packages/mermaid/src/diagrams/state/parser/stateDiagram.jison`
 */
export function stateDiagramProblems(diagram: string): string[] {
  const [first, ...lines] = diagram.trimEnd().split("\n");
  const problems = first === "stateDiagram-v2" ? [] : ["it does not begin with stateDiagram-v2"];
  let depth = 0;
  for (const line of lines) {
    const statement = line.trim();
    if (statement.endsWith("{")) depth++;
    if (statement === "}") depth--;
    if (depth < 0) problems.push("a state ends that did not begin");
    if (!statements.some((pattern) => pattern.test(statement))) {
      problems.push(`no statement: ${statement}`);
    }
  }
  if (depth > 0) problems.push("a state does not end");
  return problems;
}

const statements = [
  /^state "[^"]+" as \w+( \{)?$/,
  /^\}$/,
  /^\[\*\] --> \w+$/,
  /^\w+ --> \[\*\]$/,
  /^\w+ --> \w+: [^:;]+$/,
  /^classDef \w+ [\w-]+:#\w+(,[\w-]+:#\w+)*$/,
  /^class \w+ \w+$/,
];
