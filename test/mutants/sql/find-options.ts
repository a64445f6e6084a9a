import ts from 'typescript';
import type { Change } from './terms.js';

/** Methods of TypeORM whose second argument is an object of conditions. */
const FINDERS: ReadonlySet<string> = new Set(['findOneBy', 'findBy', 'countBy']);

/** Drops each condition of TypeORM's find options, and each lock. */
export function findOptionChanges(node: ts.Node): Change[] {
  if (ts.isPropertyAssignment(node)) {
    const name = node.name.getText();
    if (name === 'lock') return [withoutMember(node)];
    if (name === 'where') return withoutMembers(node.initializer);
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    if (FINDERS.has(node.expression.name.text)) return withoutMembers(node.arguments[1]);
  }
  return [];
}

function withoutMembers(object: ts.Expression | undefined): Change[] {
  return object !== undefined && ts.isObjectLiteralExpression(object) ? object.properties.map(withoutMember) : [];
}

/** Without the comma after it, too. */
function withoutMember(member: ts.ObjectLiteralElementLike): Change {
  const comma = /^\s*,\s*/.exec(member.getSourceFile().text.slice(member.end));
  return { start: member.getStart(), end: member.end + (comma?.[0].length ?? 0), replacement: '' };
}
