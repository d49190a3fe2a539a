import { badResponse } from './failures.ts'
import { isObject, type JsonObject, objectsIn } from './json-value.ts'
import type { Transport } from './transport.ts'

/** As many as the API gives at once. */
const PER_PAGE = 200

/** All objects of a list that comes in pages. @param path with or without a query @param name of the list in the answer */
export async function everyPage(transport: Transport, path: string, name: string): Promise<JsonObject[]> {
  const found: JsonObject[] = []
  for (let page = 1; ; page += 1) {
    const call = { method: 'GET', path: `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${PER_PAGE}` } as const
    const answer = await transport.send(call)
    // An account without any leaves the list out.
    if (!isObject(answer)) throw badResponse(call)
    found.push(...objectsIn(answer[name]))
    const links = isObject(answer.links) && isObject(answer.links.pages) ? answer.links.pages : {}
    if (typeof links.next !== 'string' || links.next === '') return found
  }
}
