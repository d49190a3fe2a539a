import { UserError } from '@deploy-actions/kit'
import { type Built, refOf } from './target.ts'

/** All at once; when some fail, the others still come to their end, and all failures are told together. */
export async function all<T, R>(items: readonly T[], work: (item: T, at: number) => Promise<R>): Promise<R[]> {
  const outcomes = await Promise.allSettled(items.map(work))
  const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  if (reasons.length > 0) throw together(reasons)
  return outcomes.map((one) => (one as PromiseFulfilledResult<R>).value)
}

/** The same for images that are pushed already: the error has all their digests, for whoever wants to look at them. */
export async function allBuilt<R>(built: readonly Built[], work: (one: Built, at: number) => Promise<R>): Promise<R[]> {
  try {
    return await all(built, work)
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'DA-CANCELLED') throw error
    const pushed = built.filter(({ digest }) => digest !== '').map(({ target, digest }) => `${refOf(target)}@${digest}`)
    if (pushed.length === 0) throw error
    const options = {
      cause: error.cause,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.at !== undefined && { at: error.at }),
    }
    throw new UserError(error.code, `${error.message}\nNo image got a tag. Pushed without one: ${pushed.join(', ')}`, options)
  }
}

/** One error for several; of one kind it keeps its code. Anything that is no mistake of the user's goes first. */
function together(reasons: readonly unknown[]): unknown {
  const [first] = reasons
  const errors = reasons.filter((one) => one instanceof UserError)
  if (errors.length < reasons.length) return reasons.find((one) => !(one instanceof UserError))
  const cancelled = errors.find(({ code }) => code === 'DA-CANCELLED')
  const messages = [...new Set(errors.map(({ message }) => message))]
  const { code, hint, at } = errors[0] as UserError
  if (cancelled !== undefined || messages.length === 1) return cancelled ?? first
  return new UserError(code, messages.map((one) => `- ${one}`).join('\n'), {
    ...(hint !== undefined && { hint }),
    ...(at !== undefined && { at }),
  })
}
