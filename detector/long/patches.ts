/** Distance of the newest stretch of a series from every stretch remembered of its past: how new its shape is. */
export interface Patches {
  /** Distance to the nearest remembered stretch, root mean square in units of the values given. */
  push(value: number, normal: boolean): number;
}

export function createPatches(length: number, size: number, every: number): Patches {
  const memory = new Float32Array(size * length);
  const recent = new Float32Array(2 * length);
  let filled = 0;
  let next = 0;
  let count = 0;
  let at = 0;
  /** Stretches wait until they can no longer overlap the newest one. */
  const waiting: Float32Array[] = [];
  return {
    push(value, normal) {
      recent[at] = recent[at + length] = value;
      at = (at + 1) % length;
      count += 1;
      if (count < length) return 0;
      let least = Infinity;
      for (let row = 0; row < filled; row += 1) {
        const base = row * length;
        let sum = 0;
        for (let index = 0; index < length; index += 4) {
          const a = (recent[at + index] as number) - (memory[base + index] as number);
          const b = (recent[at + index + 1] as number) - (memory[base + index + 1] as number);
          const c = (recent[at + index + 2] as number) - (memory[base + index + 2] as number);
          const d = (recent[at + index + 3] as number) - (memory[base + index + 3] as number);
          sum += a * a + b * b + c * c + d * d;
          if (sum >= least) break;
        }
        if (sum < least) least = sum;
      }
      if (count % every === 0 && normal) waiting.push(recent.slice(at, at + length));
      if (waiting.length * every > 2 * length) {
        const patch = waiting.shift();
        if (patch) memory.set(patch, next * length);
        next = (next + 1) % size;
        filled = Math.max(filled, Math.min(size, next === 0 ? size : next));
      }
      return filled < 8 ? 0 : Math.sqrt(least / length);
    },
  };
}
