import { Mistake, reader } from '@deploy-actions/kit'

/** Lines `id=value`. A value of several lines stands in double quotes, around the whole `"id=value"` or the value alone; a quote in it is doubled. */
export const secretValues = reader((raw) => {
  const found = new Map<string, string>()
  let rest = raw
  while (rest.trim() !== '') {
    const [taken, id, value] = next(rest.trimStart())
    if (found.has(id)) throw new Mistake(`gives the secret \`${id}\` twice`)
    if (value === '')
      throw new Mistake(`has no value for \`${id}\``, 'GitHub makes a secret empty that does not exist or is not for this run.')
    found.set(id, value)
    rest = rest.trimStart().slice(taken)
  }
  return found
})

const ID = '([A-Za-z0-9_][\\w.-]*)'

function next(text: string): [taken: number, id: string, value: string] {
  const whole = new RegExp(`^"${ID}=((?:[^"]|"")*)"[ \\t]*(?:\\r?\\n|$)`).exec(text)
  const quoted = whole ?? new RegExp(`^${ID}="((?:[^"]|"")*)"[ \\t]*(?:\\r?\\n|$)`).exec(text)
  if (quoted) return [quoted[0].length, quoted[1] as string, (quoted[2] as string).replaceAll('""', '"')]
  const plain = new RegExp(`^${ID}=([^\\r\\n]*)(?:\\r?\\n|$)`).exec(text)
  if (plain) return [plain[0].length, plain[1] as string, plain[2] as string]
  throw new Mistake('has a line that is not `id=value`', 'A value of several lines has to stand in double quotes: `id="…"`.')
}
