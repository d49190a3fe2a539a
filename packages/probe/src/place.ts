/** Where something stands in the text of the checks; both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export const placeText = ({ line, column }: Place): string => `line ${line}, column ${column}`
