import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import { shellScript, urlWithoutPassword } from './shell-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/**
 * The program takes the URL as an argument and reads no environment; only drivers of libpq's kin take the password from PGPASSWORD. With any other one the
 * password would have to stand where everybody on the host reads it, and without it the server only says that nobody is known by it.
 */
const refusesExposed = `
[ "$url" = "$full" ] || [ -z "\${plain:-}" ] || case $url in
  postgres://* | postgresql://* | pgx://* | pgx[45]://* | redshift://* | cockroach://* | cockroachdb://* | crdb-postgres://* | yugabyte://* | yugabytedb://* | ysql://*) ;;
  *) scheme=\${url%%://*}; case $scheme in *[!a-z0-9+]*) scheme='' ;; esac; say exposed "$scheme"; exit 3 ;;
esac
`

/** `version` says a number, `NUMBER (dirty)`, or that there is no migration. */
function script(step: Script['name'], options: ToolOptions, work: string): Script {
  const command = options.command ?? 'migrate'
  return shellScript(
    step,
    options,
    `
${urlWithoutPassword(options.urlVariable)}
${refusesExposed}
folder=${quote(options.migrations ?? 'migrations')}
run() { ${command} -path "$folder" -database "$url" "$@"; }
tell() {
  say begin
  told=$(run version 2>&1) || case $told in *'no migration'*) told='' ;; *) printf '%s\\n' "$told"; return 1 ;; esac
  told=$(printf '%s\\n' "$told" | grep -E '^[0-9]+' | tail -n 1)
  current=\${told%% *}
  say current "$current"
  case $told in *dirty*) say dirty "the migration $current failed half-way" ;; esac
  for file in $(ls "$folder" | sed -n 's/^\\([0-9][0-9]*\\)_.*\\.up\\.sql$/\\1 &/p' | sort -n | cut -d' ' -f2-); do
    number=$(printf '%s' "\${file%%_*}" | sed 's/^0*//')
    [ "\${number:-0}" -gt "\${current:-0}" ] || continue
    [ -z ${quote(options.to ?? '')} ] || [ "\${number:-0}" -le ${quote(options.to ?? '0')} ] || continue
    say pending "\${number:-0}" "$folder/$file"
    [ "$1" = short ] || { say source "\${number:-0}"; texts <"$folder/$file"; say sql "\${number:-0}"; texts <"$folder/$file"; }
  done
  say told
}
[ -d "$folder" ] || { echo "there is no folder $folder here: name it in \\\`migrations\\\`" >&2; exit 3; }
${work}
`,
  )
}

export const golangMigrate: Tool = {
  name: 'golang-migrate',
  status: (options) => script('status', options, 'tell full'),
  apply: (options) => script('apply', options, reporting(options.to === undefined ? 'up' : `goto ${quote(options.to)}`)),
  down: (options) => script('down', options, reporting(`goto ${quote(options.to ?? '')}`)),
  tellsApplied: false,
  stopsAt: true,
  mend: 'Look what the failed migration has done, mend it by hand, then `migrate force VERSION` with the last version that is whole.',
}

/** It says `3/u add_notes (12ms)` of each that it has applied, and `3/d` of each that it took back. No file is needed: where it runs nothing may be writable. */
function reporting(words: string): string {
  return `
out=$(run ${words} 2>&1); status=$?
printf '%s\\n' "$out"
tell short
for word in $(printf '%s\\n' "$out" | sed -n 's,^\\([0-9][0-9]*\\)/[ud] .*,\\1,p'); do say applied "$word"; done
exit $status
`
}
