import { classifySql } from './classify-sql.ts'
import type { Found, Kind } from './kind.ts'

/** Calls of Alembic and Django, by the name of the method whatever it is called on (`op`, a batch, a migration's list), with what must stand among the arguments. */
const CALLS: readonly (readonly [RegExp, RegExp, Kind])[] = [
  [/\.(?:drop_table|drop_column|DeleteModel|RemoveField)$/, /^/, 'destructive'],
  [/\.(?:drop|drop_all)$/, /^\s*(?:bind|conn|connection|engine|op\.get_bind)/, 'destructive'],
  [/\.(?:RenameModel|RenameField|AlterField|AlterUniqueTogether|AlterModelTable|AddConstraint)$/, /^/, 'contract'],
  [
    /\.(?:rename_table|create_unique_constraint|create_check_constraint|create_foreign_key|create_primary_key|create_exclude_constraint)$/,
    /^/,
    'contract',
  ],
  [/\.alter_column$/, /\bnew_column_name\s*=|\btype_\s*=|\bnullable\s*=\s*False\b|\bserver_default\s*=\s*None\b/, 'contract'],
  [/\.add_column$/, /^(?![\s\S]*\bserver_default\s*=)[\s\S]*\bnullable\s*=\s*False\b/, 'contract'],
  [/\.AddField$/, /^(?![\s\S]*\b(?:null\s*=\s*True|db_default\s*=))[\s\S]*\b(?:default\s*=|Field\()/, 'contract'],
  [/\.create_index$/, /\bunique\s*=\s*True\b/, 'contract'],
  [/\.(?:RunPython|bulk_insert|get_bind)$/, /^/, 'data'],
]

/** What a migration in Python does, by the text of its file alone. */
export function classifyPython(source: string): Found[] {
  const text = upgradeOf(source)
  const calls = callsIn(text).flatMap(([name, given]): Found[] => {
    const kind = CALLS.find(([called, having]) => called.test(name) && having.test(given))?.[2]
    return kind === undefined ? [] : [[`${name}(${given})`.replace(/\s+/g, ' '), kind]]
  })
  return [...calls, ...textsIn(text).flatMap((one) => (LIKE_SQL.test(one) ? classifySql(one) : []))]
}

/** Code in a migration leaves nothing in the SQL that its tool prints. */
export const codeInPython = (source: string): Found[] =>
  /\bRunPython\(|\bget_bind\(/.test(upgradeOf(source)) ? [['code of its own changes rows', 'data']] : []

/** A text that begins like a statement, wherever it stands: it may come to `execute` by way of a variable. */
const LIKE_SQL = /^\s*(?:--[^\n]*\s+)*(?:alter|drop|truncate|delete|update|insert|create|rename|revoke|grant|do|with|merge)\s/i

/** Without the way down, comments and doc strings. */
const upgradeOf = (source: string): string =>
  source
    .replace(/^def downgrade\b[\s\S]*?(?=^\S|(?![\s\S]))/m, '')
    .replace(/^\s*#.*$/gm, '')
    .replace(/^\s*[rR]?("""[\s\S]*?"""|'''[\s\S]*?''')/, '')
    .replace(/^(\s*def [^\n]*:\s*)[rR]?("""[\s\S]*?"""|'''[\s\S]*?''')/gm, '$1')

const LITERAL = /[rRfFbBuU]{0,2}("""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/y

/** Each text, with those that Python puts together because only white space is between them. What an f-string fills in is `x`. */
function textsIn(source: string): string[] {
  const texts: string[] = []
  let end = -1
  for (let at = 0; at < source.length; at++) {
    LITERAL.lastIndex = at
    const [whole, quoted] = (/\w/.test(source[at - 1] ?? '') ? null : LITERAL.exec(source)) ?? []
    if (whole === undefined || quoted === undefined) continue
    const inside = quoted.replace(/^("""|'''|"|')|("""|'''|"|')$/g, '').replace(/\{[^{}]*\}/g, 'x')
    const joins = end >= 0 && source.slice(end, at).trim() === ''
    texts.push(joins ? `${texts.pop()}${inside}` : inside)
    at += whole.length - 1
    end = at + 1
  }
  return texts
}

/** Every call with its arguments as they are written. */
function callsIn(source: string): [string, string][] {
  return [...source.matchAll(/(?:\w+)?((?:\.\w+)+)\(/g)].map(({ 0: opened, index }) => {
    const from = index + opened.length
    return [opened.slice(0, -1), source.slice(from, endOfCall(source, from))]
  })
}

function endOfCall(source: string, from: number): number {
  let depth = 1
  for (let at = from; at < source.length; at++) {
    LITERAL.lastIndex = at
    const literal = LITERAL.exec(source)?.[0]
    if (literal !== undefined) at += literal.length - 1
    else if (source[at] === '(') depth += 1
    else if (source[at] === ')') depth -= 1
    if (depth === 0) return at
  }
  return source.length
}
