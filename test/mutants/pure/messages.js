/**
 * A path of Babel's syntax tree, as far as it is needed here.
 *
 * @typedef {object} SyntaxPath
 * @property {() => boolean} isStringLiteral
 * @property {() => boolean} isTemplateLiteral
 * @property {() => boolean} isNewExpression
 * @property {() => boolean} isCallExpression
 * @property {(matches: (path: SyntaxPath) => boolean) => SyntaxPath | null} findParent
 * @property {(key: string) => SyntaxPath} get
 */

/**
 * Leaves the words of errors and log lines as they are. Tests check what a message must name. A copy of all its words in a test
 * would only be a second place to edit.
 */
const messages = {
  /** @param {SyntaxPath} path */
  shouldIgnore(path) {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const call = path.findParent((parent) => parent.isNewExpression() || parent.isCallExpression());
    const callee = call === null ? '' : String(call.get('callee'));
    return /Error$|logger\./.test(callee) ? `the words of ${callee}` : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'messages', value: messages }];
