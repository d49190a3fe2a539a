import { Mistake, type Reader, reader } from '@deploy-actions/kit'

/** Reads `max-error-increase`: points of a hundred, such as `5%`; undefined for `off`. */
export const errorIncrease: Reader<number | undefined> = reader((raw) => {
  if (raw === 'off') return undefined
  const [, points = ''] = /^(\d{1,2})%$/.exec(raw) ?? []
  if (points === '') throw new Mistake('must be `off` or a whole number from 0% to 99%', 'Write it like `5%`.')
  return Number(points)
})
