/** A name of a column, a database or a setting as SQL reads it. */
export const quotedName = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
