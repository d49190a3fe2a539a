import { UserError } from '@deploy-actions/kit'

const OF_ONE_THING = ['DA-BACKUP-BROKEN', 'DA-BACKUP-ENCRYPTED', 'DA-STORE-BROKEN']

/** Whether this says that one thing in a store is not as it was, and nothing about the next one. */
export const isDamage = (error: unknown): error is UserError => error instanceof UserError && OF_ONE_THING.includes(error.code)

/** Does a work, and writes down what is damaged: the others are not held up by it. @throws what is no damage */
export async function noting(damage: UserError[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isDamage(error)) throw error
    damage.push(error)
  }
}

const SHOWN = 5

/** One error for all of them. @param of what they are and of how many, such as `objects of 20260131T093000Z` */
export function allOf(damage: readonly UserError[], of: string): UserError {
  const [first] = damage as readonly [UserError]
  const more = damage.length > SHOWN ? `; and ${damage.length - SHOWN} more` : ''
  const words = damage.slice(0, SHOWN).map(({ message }) => message)
  return new UserError(first.code, `${damage.length} ${of} cannot be read as they were: ${words.join('; ')}${more}`, {
    ...(first.hint !== undefined && { hint: first.hint }),
    cause: first,
  })
}
