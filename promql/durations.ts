import type { Duration, DurationContext } from './ast.js';
import { parseNumber } from './literals.js';
import { syntaxError, type SyntaxNode } from './syntax.js';

type Seconds = (context: DurationContext) => number;

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b, Sub: (a, b) => a - b, Mul: (a, b) => a * b, Div: (a, b) => a / b, Mod: (a, b) => a % b, Pow: (a, b) => a ** b,
};

/** A range, step or offset: `5m`, `600` (seconds), or arithmetic on them with `step()`, `range()`, `min_of`, `max_of`. */
export function readDuration(query: string, node: SyntaxNode): Duration {
  const seconds = build(query, node);
  return { text: query.slice(node.from, node.to), ms: (context) => Math.round(seconds(context) * 1000) };
}

function build(query: string, node: SyntaxNode): Seconds {
  if (node.name === 'NumberDurationLiteralInDurationContext') return literal(query, node);
  const children = childrenOf(node);
  const [first] = children;
  const parts = children.filter((child) => /Duration(Expr|LiteralInDurationContext)$/.test(child.name)).map((child) => build(query, child));
  const [left = (): number => Number.NaN, right = (): number => Number.NaN] = parts;
  if (!first) return left;
  switch (first.name) {
    case 'DurationStep':
      return ({ stepMs }) => stepMs / 1000;
    case 'DurationRange':
      return ({ rangeMs }) => rangeMs / 1000;
    case 'DurationMinOf':
      return (context) => Math.min(left(context), right(context));
    case 'DurationMaxOf':
      return (context) => Math.max(left(context), right(context));
    case 'UnaryOp':
      return query[first.from] === '-' ? (context) => -left(context) : left;
    default: {
      const op = children.map((child) => ARITHMETIC[child.name]).find(Boolean);
      if (!op) return left;
      const divides = children.some((child) => child.name === 'Div' || child.name === 'Mod');
      return (context) => {
        const by = right(context);
        if (divides && by === 0) throw syntaxError(query, node.from, 'division by zero');
        return op(left(context), by);
      };
    }
  }
}

function literal(query: string, node: SyntaxNode): Seconds {
  const text = query.slice(node.from, node.to);
  const value = parseNumber(text);
  if (value === undefined) throw syntaxError(query, node.from, `bad number or duration syntax: ${JSON.stringify(text)}`);
  return () => value;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (child.name !== 'LineComment') children.push(child);
  return children;
}
