import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import { shellScript } from './shell-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/** drizzle-kit says nothing of what is pending. Its journal and its table do: it applies what is newer than the newest that the table has. */
const CODE = String.raw`
const fs = require('node:fs'), path = require('node:path')
const load = require('node:module').createRequire(process.cwd() + '/')
const [folder, variable, full] = process.argv.slice(1)
const say = (...words) => process.stdout.write('\n@deploy-actions' + words.map((word) => '\t' + word).join('') + '\n')
const texts = (kind, name, text) => { say(kind, name); process.stdout.write(text.split('\n').map((line) => '|' + line + '\n').join('')) }
async function newest(url) {
  const query = "select created_at::text as at from drizzle.__drizzle_migrations order by created_at desc limit 1"
  const missing = (error) => { if (error.code === '42P01' || error.code === '3F000') return []; throw error }
  let pg
  try { pg = load('pg') } catch {}
  if (pg) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try { return (await client.query(query).catch((error) => ({ rows: missing(error) }))).rows } finally { await client.end() }
  }
  const sql = load('postgres')(url, { max: 1 })
  try { return await sql.unsafe(query).catch(missing) } finally { await sql.end() }
}
(async () => {
  const { entries } = JSON.parse(fs.readFileSync(path.join(folder, 'meta/_journal.json'), 'utf8'))
  const [row] = await newest(process.env[variable])
  const at = row ? Number(row.at) : -1
  say('begin')
  say('current', entries.filter(({ when }) => when <= at).at(-1)?.tag ?? '')
  if (row && !entries.some(({ when }) => when === at)) say('unknown', 'a migration of ' + new Date(at).toISOString())
  for (const { tag, when } of entries) {
    if (when <= at) continue
    const file = path.join(folder, tag + '.sql')
    say('pending', tag, file)
    if (full === 'full') { const text = fs.readFileSync(file, 'utf8'); texts('source', tag, text); texts('sql', tag, text) }
  }
  say('told')
})().catch((error) => { console.error(String(error.message ?? error)); process.exit(1) })
`

function script(step: Script['name'], options: ToolOptions, work: string): Script {
  const folder = quote(options.migrations ?? 'drizzle')
  return shellScript(step, options, `tell() { node -e ${quote(CODE)} ${folder} ${quote(options.urlVariable)} "$1"; }\n${work}`)
}

export const drizzle: Tool = {
  name: 'drizzle',
  status: (options) => script('status', options, 'tell full'),
  apply: (options) => script('apply', options, `${options.command ?? 'npx drizzle-kit'} migrate; status=$?\ntell short\nexit $status`),
  tellsApplied: false,
  stopsAt: false,
  mend: 'drizzle-kit applies all that is pending in one transaction and keeps no failed state: correct the migration, and run again.',
}
