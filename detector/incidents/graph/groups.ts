/** What people add to the name of a service for that of its group. */
const ADDED: ReadonlySet<string> = new Set(['group', 'grp', 'cg', 'consumer', 'consumers', 'consumergroup']);
const wordsOf = (name: string): string[] => name.toLowerCase().split(/[-_.:/]+/).filter(Boolean);

/** Finds the service that a group is called as: in the same words, or with what people add to them, as little of that as possible. Where several may be meant, none is. */
export function finderOf(services: Iterable<string>): (group: string) => string | undefined {
  const exact = new Set<string>();
  const byWords = new Map<string, string | undefined>();
  for (const service of services) {
    exact.add(service);
    const words = wordsOf(service).join(' ');
    byWords.set(words, byWords.has(words) ? undefined : service);
  }
  return (group) => {
    if (exact.has(group)) return group;
    let words = wordsOf(group);
    for (;;) {
      const said = words.join(' ');
      const added = words.findLastIndex((word) => ADDED.has(word));
      if (byWords.has(said) || added < 0) return byWords.get(said);
      words = words.toSpliced(added, 1);
    }
  };
}
