/** White space that does not end a line, as compose-go's dotenv skips it around names, `=` and values. */
const LINE_SPACE = '\t\v\f\r \u0085\u00a0'

/** All white space of Go's `unicode.IsSpace`; JavaScript's `\s` differs in U+0085 and U+FEFF. */
const ANY_SPACE = `\n${LINE_SPACE}\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`

const leadingLineSpace = new RegExp(`^[${LINE_SPACE}]*`)
const trailingSpace = new RegExp(`[${ANY_SPACE}]+$`)
const firstNonSpace = new RegExp(`[^${ANY_SPACE}]`)

/** Whether one character is white space other than a line break. */
export const isLineSpace = (character: string): boolean => LINE_SPACE.includes(character)

/** Length in UTF-16 units of the white space at the start, up to a line break. */
export const lineSpaceLength = (text: string): number => leadingLineSpace.exec(text)?.[0].length ?? 0

/** The text without white space at its end, line breaks included. */
export const trimEnd = (text: string): string => text.replace(trailingSpace, '')

/** Index of the first character that is not white space, or -1. */
export const indexOfNonSpace = (text: string): number => text.search(firstNonSpace)
