import { operandsOf, type Call, type Duration, type Expr, type Matcher, type Modifiers, type VectorSelector } from '../ast.js';
import { METRIC_NAME } from '../labels.js';

const known = new WeakMap<Call, VectorSelector>();

/** The info series that an `info` call may take labels from, as of the time its first argument looks at. One object for one call. */
export function infoSelector(call: Call): VectorSelector {
  const found = known.get(call);
  if (found) return found;
  const given = call.args[1]?.type === 'selector' ? call.args[1].matchers : [];
  const selector: VectorSelector = {
    type: 'selector', name: '', matchers: [...infoNames(given), ...given.filter(({ name }) => name !== METRIC_NAME)], edges: undefined, ...(call.args[0] && timeOf(call.args[0])) ?? UNMOVED, start: call.start, end: call.end,
  };
  known.set(call, selector);
  return selector;
}

/** Names of info metrics: target_info, unless others are asked for; all that end in _info when some are only excluded. */
export function infoNames(matchers: readonly Matcher[]): Matcher[] {
  const names = matchers.filter(({ name }) => name === METRIC_NAME);
  if (names.some(({ op }) => op === '=' || op === '=~')) return names;
  return [names.length > 0 ? { name: METRIC_NAME, op: '=~', value: '.+_info' } : { name: METRIC_NAME, op: '=', value: 'target_info' }, ...names];
}

const UNMOVED: Modifiers = { offset: undefined, at: undefined };

/** Where the first selector in `expr` looks: its own `@` and `offset`, or, up to the innermost `@`, those of the subqueries around it as well. */
function timeOf(expr: Expr): Modifiers | undefined {
  switch (expr.type) {
    case 'number':
    case 'string':
      return undefined;
    case 'selector':
      return { offset: expr.offset, at: expr.at };
    case 'matrix':
      return timeOf(expr.selector);
    case 'subquery': {
      const inner = timeOf(expr.expr);
      return inner?.at === undefined ? inner && { offset: sum(inner.offset, expr.offset), at: expr.at } : inner;
    }
    case 'paren':
    case 'unary':
    case 'aggregation':
    case 'binary':
    case 'call':
      for (const operand of operandsOf(expr)) {
        const time = timeOf(operand);
        if (time) return time;
      }
      return undefined;
  }
}

function sum(a: Duration | undefined, b: Duration | undefined): Duration | undefined {
  return a && b ? { text: `${a.text} + ${b.text}`, ms: (context) => a.ms(context) + b.ms(context) } : (a ?? b);
}
