/** How many characters fit in a line of a terminal: 80 where it does not say; Infinity for what is no terminal. */
export function columnsOf({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number {
  if (isTTY !== true) return Infinity;
  return columns === undefined || columns === 0 ? 80 : columns;
}
