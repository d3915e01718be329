import type { RegexRoom } from '#core/regex.js';
import { isComparison, isSetOp, unwrap, type Aggregation, type Binary, type Call, type Expr, type ValueType, type VectorSelector } from './ast.js';
import { METRIC_NAME } from './labels.js';
import { compileRegex } from './regex.js';
import { SIGNATURES } from './signatures.js';
import { syntaxError } from './syntax.js';

const NAMES: Readonly<Record<ValueType, string>> = { scalar: 'scalar', string: 'string', vector: 'instant vector', matrix: 'range vector' };

function typeOf(expr: Expr): ValueType {
  switch (expr.type) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregation':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'call':
      return SIGNATURES.get(expr.name)?.returns ?? 'vector';
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
  }
}

/** Throws QueryError bad_data, with the place, where an operand or argument has a type it must not have. Compiles the regular expressions, as many as there is `room` for. */
export function checkTypes(query: string, root: Expr, room: RegexRoom): void {
  const fail = (at: Expr, message: string): never => {
    throw syntaxError(query, at.start, message);
  };
  const expect = (expr: Expr, wanted: ValueType, where: string): void => {
    const actual = typeOf(expr);
    if (actual !== wanted) fail(expr, `expected type ${NAMES[wanted]} in ${where}, got ${NAMES[actual]}`);
  };

  function check(expr: Expr): void {
    switch (expr.type) {
      case 'number':
      case 'string':
        return;
      case 'paren':
        return check(expr.expr);
      case 'unary': {
        check(expr.expr);
        const type = typeOf(expr.expr);
        if (type !== 'scalar' && type !== 'vector') fail(expr, `unary expression only allowed on expressions of type scalar or instant vector, got "${NAMES[type]}"`);
        return;
      }
      case 'matrix':
        return check(expr.selector);
      case 'subquery': {
        check(expr.expr);
        const type = typeOf(expr.expr);
        if (type !== 'vector' && type !== 'scalar') fail(expr, `subquery is only allowed on instant vector, got ${type} instead`);
        return;
      }
      case 'selector': {
        checkPatterns(expr);
        const selects = expr.matchers.some(({ op, value }) => (op === '=' && value !== '') || (op === '!=' && value === '') || (op === '=~' && !compileRegex(value).test('')) || (op === '!~' && compileRegex(value).test('')));
        if (!selects) fail(expr, 'vector selector must contain at least one non-empty matcher');
        if (expr.name !== '' && expr.matchers.filter((matcher) => matcher.name === METRIC_NAME).length > 1) fail(expr, `metric name must not be set twice: "${expr.name}" or "${expr.matchers.findLast((matcher) => matcher.name === METRIC_NAME)?.value}"`);
        return;
      }
      case 'aggregation':
        return aggregation(expr);
      case 'call':
        return call(expr);
      case 'binary':
        return binary(expr);
    }
  }

  function checkPatterns(expr: VectorSelector): void {
    for (const { op, value } of expr.matchers) {
      const fault = op === '=~' || op === '!~' ? compileRegex(value, room).fault : undefined;
      if (fault) fail(expr, `error parsing regexp: ${fault}`);
    }
  }

  /** Whether its expression is one is asked when it is evaluated, as Prometheus does. */
  function checkRoom(arg: Expr | undefined): void {
    const pattern = arg && unwrap(arg);
    const fault = pattern?.type === 'string' ? compileRegex(pattern.value, room).fault : undefined;
    if (pattern && fault && room.left < 0) fail(pattern, `error parsing regexp: ${fault}`);
  }

  function aggregation(expr: Aggregation): void {
    check(expr.expr);
    expect(expr.expr, 'vector', 'aggregation expression');
    if (!expr.param) return;
    check(expr.param);
    expect(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  function call(expr: Call): void {
    const signature = SIGNATURES.get(expr.name);
    if (!signature) return fail(expr, `unknown function with name "${expr.name}"`);
    const most = signature.args.length;
    const least = most - signature.optional;
    const given = expr.args.length;
    if (given < least) fail(expr, `expected ${signature.optional > 0 || signature.repeats ? 'at least ' : ''}${least} argument(s) in call to "${expr.name}", got ${given}`);
    if (given > most && !signature.repeats) fail(expr, `expected ${signature.optional > 0 ? 'at most ' : ''}${most} argument(s) in call to "${expr.name}", got ${given}`);
    checkEdges(expr);
    if (expr.name === 'label_replace') checkRoom(expr.args[4]);
    for (const [index, arg] of expr.args.entries()) {
      if (expr.name === 'info' && index === 1) {
        if (arg.type !== 'selector') return fail(arg, 'expected label selectors only');
        if (arg.name !== '') return fail(arg, 'expected label selectors only, got vector selector instead');
        checkPatterns(arg);
        continue;
      }
      check(arg);
      const wanted = signature.args[Math.min(index, most - 1)];
      if (wanted) expect(arg, wanted, `call to function "${expr.name}"`);
    }
  }

  function checkEdges(expr: Call): void {
    for (const arg of expr.args.map(unwrap)) {
      if (arg.type !== 'matrix' || !arg.selector.edges) continue;
      const { edges } = arg.selector;
      if (!EDGES[edges].includes(expr.name)) fail(arg, `${edges} modifier can only be used with: ${EDGES[edges].join(', ')} - not with ${expr.name}`);
    }
  }

  function binary(expr: Binary): void {
    check(expr.left);
    check(expr.right);
    const left = typeOf(expr.left);
    const right = typeOf(expr.right);
    if (expr.bool && !isComparison(expr.op)) fail(expr, 'bool modifier can only be used on comparison operators');
    for (const [side, type] of [[expr.left, left], [expr.right, right]] as const) if (type !== 'scalar' && type !== 'vector') fail(side, 'binary expression must contain only scalar and instant vector types');
    if (isComparison(expr.op) && !expr.bool && left === 'scalar' && right === 'scalar') fail(expr, 'comparisons between scalars must use BOOL modifier');
    if (isSetOp(expr.op) && (left === 'scalar' || right === 'scalar')) fail(expr, `set operator "${expr.op}" not allowed in binary scalar expression`);
    if (expr.matching.labels.length > 0 && (left !== 'vector' || right !== 'vector')) fail(expr, 'vector matching only allowed between instant vectors');
    if ((expr.matching.fillLeft !== undefined || expr.matching.fillRight !== undefined) && (left !== 'vector' || right !== 'vector')) fail(expr, 'filling in missing series only allowed between instant vectors');
  }

  check(root);
}

const EDGES: Readonly<Record<'anchored' | 'smoothed', readonly string[]>> = { anchored: ['changes', 'delta', 'increase', 'rate', 'resets'], smoothed: ['delta', 'increase', 'rate'] };
