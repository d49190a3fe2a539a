import { readFile } from 'node:fs/promises'
import { inputError, messageOf } from '@deploy-actions/kit'

/** The text of the file that an input names. @throws UserError DA-INPUT-INVALID */
export async function givenFile(input: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw inputError([{ input, rule: `names a file that cannot be read: ${messageOf(cause)}` }])
  }
}
