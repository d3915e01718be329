/** Works out an answer once for all who ask for it within `ms` of the first, or while it is worked out. A failure is told to those who wait, and forgotten. */
export function createShare(ms: number): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const answers = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const known = answers.get(key);
    if (known) return known as Promise<T>;
    const asked = performance.now();
    const answer = work();
    answers.set(key, answer);
    const forget = (): void => void answers.delete(key);
    answer.then(() => setTimeout(forget, ms - (performance.now() - asked)).unref(), forget);
    return answer;
  };
}
