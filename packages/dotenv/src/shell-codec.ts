import { asLines, type Codec, plainNames } from './codec.ts'
import { parseShellAssignments } from './shell-assignments.ts'

/** A file that a shell sources: `set -a; . ./app.env`. Single quotes hold everything; a single quote stands outside of them. */
export const shellCodec: Codec = {
  consumer: 'a POSIX shell',
  names: plainNames,
  spellings: (value) => {
    const single = `'${value.replaceAll("'", "'\\''")}'`
    const double = `"${value.replace(/[\\"$`]/g, '\\$&')}"`
    return /^[A-Za-z0-9_./:@%+,=-]*$/.test(value) && !value.includes('~') ? [value, single, double] : [single, double, `"${value}"`, value]
  },
  whyNot: () => 'has no spelling that a shell reads back',
  join: asLines,
  parse: parseShellAssignments,
}
