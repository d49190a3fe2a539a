/** Work that needs things on one host of which there is one each: ports, names, addresses. */
export interface Work {
  readonly needs: readonly string[]
  readonly run: () => Promise<void>
}

/** Runs all of it, at most `lanes` at a time, and never two that need the same thing. Gives a promise for each, in order. */
export function inLanes(works: readonly Work[], lanes: number): Promise<void>[] {
  const taken = new Set<string>()
  const waiting = works.map((work) => ({ work, ...Promise.withResolvers<void>() }))
  const results = waiting.map(({ promise }) => promise)
  // Who asks for the result of one may still be busy with another.
  for (const result of results) result.catch(() => {})
  let running = 0
  const startNext = (): void => {
    const at = running < lanes ? waiting.findIndex(({ work }) => !work.needs.some((need) => taken.has(need))) : -1
    const [next] = at < 0 ? [] : waiting.splice(at, 1)
    if (next === undefined) return
    running += 1
    for (const need of next.work.needs) taken.add(need)
    void next.work
      .run()
      .then(next.resolve, next.reject)
      .finally(() => {
        running -= 1
        for (const need of next.work.needs) taken.delete(need)
        startNext()
      })
    startNext()
  }
  startNext()
  return results
}
