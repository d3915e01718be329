/** Keeps both ends of a long name, where names differ most: "checkout.pla…order/v2". */
export function middle(name: string, most: number): string {
  if (name.length <= most || most < 3) return name;
  const kept = most - 1;
  const head = Math.ceil(kept / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (kept - head))}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** "the newest 500 of 1,234 " where these are not all that match; '' where they are. */
export function newest(shown: number, matching: number): string {
  return matching > shown ? `the newest ${shown.toLocaleString('en-US')} of ${matching.toLocaleString('en-US')} ` : '';
}

/** "a", "a and b", "a, b and 3 more" where there are more names, or `all` of which these are the first. */
export function listed(names: readonly string[], most = 3, all = names.length): string {
  const shown = names.slice(0, most);
  const more = all - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more.toLocaleString('en-US')} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}` : (shown[0] ?? '');
}
