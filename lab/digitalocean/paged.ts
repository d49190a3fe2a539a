import { Problem } from './problem.ts'

/** With absolute links: doctl needs `last`, app_action `next`. */
export function paged(name: string, all: readonly (() => unknown)[], query: URLSearchParams, url: string): unknown {
  const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 20)]
  if (!(page >= 1 && size >= 1 && size <= 200)) throw new Problem(422, 'unprocessable_entity', 'per_page must be between 1 and 200')
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (to: number) => `${url}?page=${to}&per_page=${size}`
  const pages = {
    ...(page > 1 && { first: link(1), prev: link(page - 1) }),
    ...(page < last && { next: link(page + 1), last: link(last) }),
  }
  const shown = all.slice((page - 1) * size, page * size).map((one) => one())
  return { [name]: shown, links: last === 1 ? {} : { pages }, meta: { total: all.length } }
}
