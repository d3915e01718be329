import type { Point } from './layout.js';

/** SVG path through `points` with corners of at most `radius`. */
export function roundedPath(points: readonly Point[], radius = 8): string {
  const [first] = points;
  if (!first) return '';
  let path = `M${first.x} ${first.y}`;
  points.forEach((corner, index) => {
    const before = points[index - 1];
    const after = points[index + 1];
    if (!before) return;
    if (!after) return void (path += `L${corner.x} ${corner.y}`);
    const enter = towards(corner, before, radius);
    const leave = towards(corner, after, radius);
    path += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`;
  });
  return path;
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
