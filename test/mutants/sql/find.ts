import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { SOURCES, type Mutant } from '../mutant.js';
import { findOptionChanges } from './find-options.js';
import { changesOfCondition, changesOfStatement, isCondition, isStatement, type Change } from './terms.js';

/** The arguments of TypeORM's query builder that are conditions. */
const CONDITION_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ['where', 0],
  ['andWhere', 0],
  ['innerJoin', 2],
]);

/** Every statement without one of its terms or locks, in the order of the sources. */
export function sqlMutants(): Mutant[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.includes('migrations'))
    .map((file) => SOURCES + file)
    .sort();
  const sources = files.map((file) =>
    ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true),
  );
  const taking = new Map(sources.flatMap(conditionParameters));
  return sources.flatMap((source) => mutantsIn(source, taking));
}

/** The functions and methods of the library that have a parameter with the name `condition`, and its place. */
function conditionParameters(source: ts.SourceFile): [name: string, index: number][] {
  const found: [string, number][] = [];
  visit(source, (node) => {
    if (!ts.isFunctionDeclaration(node) && !ts.isMethodDeclaration(node)) return;
    const index = node.parameters.findIndex(({ name }) => name.getText() === 'condition');
    if (index !== -1 && node.name !== undefined) found.push([node.name.getText(), index]);
  });
  return found;
}

function mutantsIn(source: ts.SourceFile, taking: ReadonlyMap<string, number>): Mutant[] {
  const conditions = new Set(namesOfConditions(source, taking));
  const mutants: Mutant[] = [];
  const add = (offset: number, changes: readonly Change[]): void => {
    for (const { start, end, replacement } of changes) {
      mutants.push({ file: source.fileName, start: offset + start, end: offset + end, replacement });
    }
  };
  visit(source, (node) => {
    add(0, findOptionChanges(node));
    const isText =
      ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
    if (!isText) return;
    const text = node.getText().slice(1, -1);
    if (isStatement(text)) add(node.getStart() + 1, changesOfStatement(text));
    else if (isCondition(text) || isGivenAsCondition(node, taking, conditions)) {
      add(node.getStart() + 1, changesOfCondition(text));
    }
  });
  return mutants;
}

/** The constants that are passed as conditions. */
function namesOfConditions(source: ts.SourceFile, taking: ReadonlyMap<string, number>): string[] {
  const names: string[] = [];
  visit(source, (node) => {
    if (ts.isIdentifier(node) && isConditionArgument(node, taking)) names.push(node.text);
  });
  return names;
}

function isGivenAsCondition(
  node: ts.Expression,
  taking: ReadonlyMap<string, number>,
  conditions: ReadonlySet<string>,
): boolean {
  const { parent } = node;
  if (ts.isVariableDeclaration(parent)) return conditions.has(parent.name.getText());
  return isConditionArgument(node, taking);
}

function isConditionArgument(node: ts.Expression, taking: ReadonlyMap<string, number>): boolean {
  const call = node.parent;
  if (!ts.isCallExpression(call)) return false;
  const { expression } = call;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return call.arguments.indexOf(node) === (CONDITION_ARGUMENTS.get(name) ?? taking.get(name) ?? -2);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
