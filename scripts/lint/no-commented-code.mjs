import ts from 'typescript';

/** Marks of code that prose does not have at the end of a line or around a name: `;`, `{`, `}`, a call, an assignment, an arrow. */
const looksLikeCode =
  /[;{}]\s*$|=>|^\s*(?:const|let|var|return|import|export|await|if|for|while)\b.*[=({;]|\w\([^)]*\)\s*[;,]?\s*$|\w\s*[-+*/]?=\s*\S/m;

/** Whether a text parses as statements and reads like code rather than like a sentence. */
function isCode(text) {
  if (!looksLikeCode.test(text)) return false;
  const file = ts.createSourceFile('comment.ts', text, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  if (file.parseDiagnostics.length > 0 || file.statements.length === 0) return false;
  return !file.statements.every((statement) => ts.isLabeledStatement(statement) || isFormula(statement, text));
}

/** A lone expression without a semicolon, such as `x = mean + sigma * z` or `f(x)`: mathematics, not code that was switched off. */
function isFormula(statement, text) {
  return ts.isExpressionStatement(statement) && !/[;{}]|\bawait\b|=>/.test(text);
}

/** Line comments that follow each other on consecutive lines are one text; a block comment that is no doc comment is one too. */
function commentGroups(comments) {
  const groups = [];
  for (const comment of comments) {
    const last = groups.at(-1);
    const continues =
      last !== undefined &&
      comment.type === 'Line' &&
      last.at(-1).type === 'Line' &&
      comment.loc.start.line === last.at(-1).loc.end.line + 1 &&
      comment.loc.start.column === last.at(-1).loc.start.column;
    if (continues) last.push(comment);
    else if (comment.type === 'Line' || (comment.type === 'Block' && !comment.value.startsWith('*')))
      groups.push([comment]);
  }
  return groups;
}

/** ESLint rule: a comment that holds code is code that should be deleted; the history keeps it. */
export const noCommentedCode = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { code: 'This comment is code. Delete it: the history keeps what was there.' },
  },
  create(context) {
    return {
      Program() {
        for (const group of commentGroups(context.sourceCode.getAllComments())) {
          const lines = group.map((comment) => comment.value.replace(/^\s*\*/gm, ''));
          // Code among prose: the whole group first, then each of its lines that ends like a statement.
          const whole = isCode(lines.join('\n'));
          const single = lines.findIndex((line) => /[;{]\s*$/.test(line) && isCode(line.replace(/\{\s*$/, '{}')));
          if (whole) context.report({ loc: group[0].loc, messageId: 'code' });
          else if (single >= 0) context.report({ loc: group[single].loc, messageId: 'code' });
        }
      },
    };
  },
};
