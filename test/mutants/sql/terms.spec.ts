import { existsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { SOURCES } from '../mutant.js';
import { sqlMutants } from './find.js';
import { SPECS } from './specs.js';
import { changesOfCondition, changesOfStatement, type Change } from './terms.js';

const applied = (text: string, changes: readonly Change[]): string[] =>
  changes.map(({ start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end));

it('each term of a WHERE and of an ON is dropped, and still takes its values', () => {
  const text = "SELECT a FROM ${b} JOIN c ON c.d = a AND c.e = 'AND' WHERE f IN (${g('?', [1])}) AND h <= ? LIMIT 1";
  expect(applied(text, changesOfStatement(text))).toEqual([
    text.replace('c.d = a', '(c.d = a OR 1 = 1)'),
    text.replace("c.e = 'AND'", "(c.e = 'AND' OR 1 = 1)"),
    text.replace("f IN (${g('?', [1])})", "(f IN (${g('?', [1])}) OR 1 = 1)"),
    text.replace('h <= ?', '(h <= ? OR 1 = 1)'),
  ]);
});

it('so are the alternatives of an OR, the terms of a subselect, and the subselect', () => {
  const inner = '(SELECT b FROM c WHERE d = ? AND e IS NULL)';
  const text = `UPDATE a SET b = ? WHERE NOT EXISTS ${inner} AND (f = ? OR g)`;
  expect(applied(text, changesOfStatement(text))).toEqual([
    text.replace(`NOT EXISTS ${inner}`, `(NOT EXISTS ${inner} OR 1 = 1)`),
    text.replace('(f = ? OR g)', '((f = ? OR g) OR 1 = 1)'),
    text.replace('f = ?', '(f = ? AND 1 = 0)'),
    text.replace('OR g', 'OR (g AND 1 = 0)'),
    text.replace('d = ?', '(d = ? OR 1 = 1)'),
    text.replace('e IS NULL', '(e IS NULL OR 1 = 1)'),
  ]);
});

it('so is each lock, and what it skips', () => {
  const text = 'SELECT a FROM b ORDER BY a FOR UPDATE SKIP LOCKED';
  expect(applied(text, changesOfStatement(text))).toEqual([
    'SELECT a FROM b ORDER BY a',
    'SELECT a FROM b ORDER BY a FOR UPDATE',
  ]);
});

it('a condition that stands alone is dropped term by term, and what is inserted behind it stays', () => {
  const text = " AND a = ? AND b = ?${more ? ' AND c = ?' : ''}";
  expect(applied(text, changesOfCondition(text))).toEqual([
    text.replace('a = ?', '(a = ? OR 1 = 1)'),
    text.replace('b = ?', '(b = ? OR 1 = 1)'),
  ]);
});

it('every source with SQL has specs that have to notice, and all of them exist', () => {
  const sources = new Set(sqlMutants().map(({ file }) => file.slice(SOURCES.length)));
  expect(Object.keys(SPECS).sort()).toEqual([...sources].sort());
  const missing = Object.values(SPECS)
    .flat()
    .filter((spec) => !existsSync(`test/${spec}.spec.ts`));
  expect(missing).toEqual([]);
});
