import { isSetOp, type Expr, type Matching, type Modifiers, type VectorSelector } from './ast.js';
import { isPlainName, METRIC_NAME } from './labels.js';
import { formatNumber } from './floats.js';

const WIDTH = 100;

/** The query in Prometheus' layout: one line while it fits, an indented tree otherwise. */
export function printExpr(expr: Expr): string {
  return print(expr, '');
}

/** The query on one line, as Prometheus shows it in the list of rules. */
export function printLine(expr: Expr): string {
  return flat(expr);
}

function print(expr: Expr, indent: string): string {
  const line = flat(expr);
  if (indent.length + line.length <= WIDTH) return indent + line;
  const deeper = `${indent}  `;
  switch (expr.type) {
    case 'paren':
      return `${indent}(\n${print(expr.expr, deeper)}\n${indent})`;
    case 'binary':
      return `${print(expr.left, deeper)}\n${indent}${operator(expr)}\n${print(expr.right, deeper)}`;
    case 'call':
      return expr.args.length === 0 ? indent + line : `${indent}${expr.name}(\n${expr.args.map((arg) => print(arg, deeper)).join(',\n')}\n${indent})`;
    case 'aggregation':
      return `${indent}${expr.op}${grouping(expr)}(\n${[...(expr.param ? [expr.param] : []), expr.expr].map((arg) => print(arg, deeper)).join(',\n')}\n${indent})`;
    case 'subquery':
      return `${print(expr.expr, indent)}${subqueryRange(expr)}`;
    case 'unary':
    case 'number':
    case 'string':
    case 'selector':
    case 'matrix':
      return indent + line;
  }
}

function flat(expr: Expr): string {
  switch (expr.type) {
    case 'number':
      return formatNumber(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'selector':
      return selector(expr) + pinned(expr) + edges(expr) + moved(expr);
    case 'matrix':
      return `${selector(expr.selector)}[${expr.range.text}]${edges(expr.selector)}${modifiers(expr.selector)}`;
    case 'subquery':
      return `${flat(expr.expr)}${subqueryRange(expr)}`;
    case 'paren':
      return `(${flat(expr.expr)})`;
    case 'unary':
      return expr.op + (expr.expr.type === 'number' && expr.expr.value === Infinity ? 'Inf' : flat(expr.expr));
    case 'call':
      return `${expr.name}(${expr.args.map(flat).join(', ')})`;
    case 'aggregation':
      return `${expr.op}${grouping(expr)}(${[...(expr.param ? [expr.param] : []), expr.expr].map(flat).join(', ')})`;
    case 'binary':
      return `${flat(expr.left)} ${operator(expr)} ${flat(expr.right)}`;
  }
}

const label = (name: string): string => (isPlainName(name) ? name : JSON.stringify(name));
const list = (names: readonly string[]): string => `(${names.map(label).join(', ')})`;

function selector({ name, matchers }: VectorSelector): string {
  const plain = /^[a-zA-Z_:][\w:]*$/.test(name);
  const inside = matchers.filter((matcher) => !(plain && matcher.name === METRIC_NAME && matcher.op === '=')).map((matcher) => `${label(matcher.name)}${matcher.op}${JSON.stringify(matcher.value)}`);
  return `${plain ? name : ''}${inside.length > 0 || !plain ? `{${inside.join(',')}}` : ''}`;
}

const pinned = ({ at }: Modifiers): string => (at === undefined ? '' : ` @ ${typeof at === 'number' ? (at / 1000).toFixed(3) : `${at}()`}`);
const moved = ({ offset }: Modifiers): string => (offset ? ` offset ${offset.text}` : '');
const edges = (expr: VectorSelector): string => (expr.edges ? ` ${expr.edges}` : '');
const modifiers = (expr: Modifiers): string => pinned(expr) + moved(expr);

function subqueryRange(expr: Extract<Expr, { type: 'subquery' }>): string {
  return `[${expr.range.text}:${expr.step?.text ?? ''}]${modifiers(expr)}`;
}

function grouping({ without, grouping: names }: Extract<Expr, { type: 'aggregation' }>): string {
  if (without) return ` without ${list(names)} `;
  return names.length > 0 ? ` by ${list(names)} ` : '';
}

function operator({ op, bool, matching }: Extract<Expr, { type: 'binary' }>): string {
  return `${op}${bool ? ' bool' : ''}${matchingText(matching, isSetOp(op))}`;
}

function matchingText({ on, labels, card, include, fillLeft, fillRight }: Matching, isSet: boolean): string {
  const group = isSet || card === 'one-to-one' ? '' : ` ${card === 'many-to-one' ? 'group_left' : 'group_right'} ${list(include)}`;
  // A group stands behind one of these alone.
  const match = on ? ` on ${list(labels)}` : labels.length > 0 || group !== '' ? ` ignoring ${list(labels)}` : '';
  const fill = fillLeft !== undefined && fillLeft === fillRight ? fillText('fill', fillLeft) : fillText('fill_left', fillLeft) + fillText('fill_right', fillRight);
  return match + group + fill;
}

const fillText = (word: string, value: number | undefined): string => (value === undefined ? '' : ` ${word} (${formatNumber(value)})`);
