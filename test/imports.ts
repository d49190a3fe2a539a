import { dirname, join, normalize } from 'node:path'
import { read } from './repository.ts'

const IMPORT = /(?:^|\n)\s*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g

/** What a source file imports, as written. */
export function importsOf(path: string): string[] {
  return [...read(path).matchAll(IMPORT)].map((match) => (match[1] ?? match[2]) as string)
}

/** The same without `import type` and `export type`, which leave nothing behind at run time. */
export function runtimeImportsOf(path: string): string[] {
  const types = new Set([...read(path).matchAll(/(?:import|export) type [^'"]*['"]([^'"]+)['"]/g)].map((match) => match[1]))
  const values = new Set([...read(path).matchAll(/(?:import|export) (?!type )[^'"]*['"]([^'"]+)['"]/g)].map((match) => match[1]))
  return importsOf(path).filter((name) => !types.has(name) || values.has(name))
}

/** The paths from the root of the files that a file imports by a relative path. */
export function localImports(path: string, names: readonly string[] = importsOf(path)): string[] {
  return names.filter((name) => name.startsWith('.')).map((name) => normalize(join(dirname(path), name)))
}

/** The package of an import: `@scope/name` or `name`; undefined for relative paths and Node's own modules. */
export function packageOf(name: string): string | undefined {
  if (name.startsWith('.') || name.startsWith('node:')) return undefined
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

/** The first circle that a walk along `next` meets, from a file to itself; undefined when there is none. */
export function findCircle(nodes: readonly string[], next: (node: string) => readonly string[]): string[] | undefined {
  const done = new Set<string>()
  const walk = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const other of next(node)) {
      const circle = walk(other, [...path, node])
      if (circle) return circle
    }
    done.add(node)
    return undefined
  }
  for (const node of nodes) {
    const circle = walk(node, [])
    if (circle) return circle
  }
  return undefined
}
