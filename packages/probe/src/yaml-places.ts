import { Mistake } from '@deploy-actions/kit'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Place } from './place.ts'

/** A YAML text as a value, and where each part of it stands. */
export interface PlacedYaml {
  readonly value: unknown
  /** The place of what a path leads to, or of the last part of the path that exists. */
  placeOf(path: readonly (string | number)[]): Place
}

/** Something wrong with the text, at a place of it. */
export interface Misplaced {
  readonly place: Place
  readonly message: string
}

/** Reads one YAML document. @returns its mistakes instead when it is none */
export function readPlaced(text: string): PlacedYaml | Misplaced[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (document.errors.length > 0)
    return document.errors.map(({ pos, message }) => ({ place: placeAt(pos[0]), message: message.split('\n')[0] as string }))
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  const start = (node: unknown): number | undefined => (node as Node | null)?.range?.[0]
  return {
    value: plainValue(document),
    placeOf(path) {
      let node: unknown = document.contents
      let offset = start(node) ?? 0
      for (const key of path) {
        const holder = resolved(node)
        if (isMap(holder)) {
          const pair = holder.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key))
          if (pair === undefined) break
          offset = start(pair.key) ?? offset
          node = pair.value
        } else if (isSeq(holder)) {
          node = holder.items[Number(key)]
          offset = start(node) ?? offset
        } else break
      }
      return placeAt(offset)
    },
  }
}

function plainValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new Mistake(`cannot be read as YAML: ${(error as Error).message}`)
  }
}
