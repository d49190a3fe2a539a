import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import { shellScript } from './shell-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/** `status` prints `[X] FILE` for what is applied and `[ ] FILE` for what is not. */
function script(step: Script['name'], options: ToolOptions, work: string): Script {
  const command = options.command ?? 'dbmate'
  return shellScript(
    step,
    options,
    `
folder=${quote(options.migrations ?? 'db/migrations')}
[ -d "$folder" ] || { echo "there is no folder $folder here: name it in \\\`migrations\\\`" >&2; exit 3; }
run() { ${command} --env ${quote(options.urlVariable)} --migrations-dir "$folder" --no-dump-schema "$@"; }
tell() {
  told=$(run status 2>&1) || { printf '%s\\n' "$told"; return 1; }
  say begin
  say current "$(printf '%s\\n' "$told" | sed -n 's/^\\[X\\] \\(.*\\)\\.sql$/\\1/p' | tail -n 1)"
  for file in $(printf '%s\\n' "$told" | sed -n 's/^\\[ \\] \\(.*\\.sql\\)$/\\1/p'); do
    say pending "\${file%.sql}" "$folder/$file"
    [ "$1" = short ] || { say source "\${file%.sql}"; texts <"$folder/$file"; say sql "\${file%.sql}"; sed -n '/^-- *migrate:up/,/^-- *migrate:down/p' "$folder/$file" | grep -v '^-- *migrate:' | texts; }
  done
  say told
}
${work}
`,
  )
}

/** It says `Applied: FILE in 3ms` also of one that has failed; the status knows better. */
const APPLY = `
out=$(run migrate 2>&1); status=$?
printf '%s\\n' "$out"
tell short
for file in $(printf '%s\\n' "$out" | sed -n 's/^Applied: \\(.*\\)\\.sql in .*/\\1/p'); do
  ! printf '%s\\n' "$told" | grep -qxF "[X] $file.sql" || say applied "$file"
done
exit $status
`

/** It takes back the newest one at each call. */
const down = (to: string): string => `
while :; do
  newest=$(run status 2>/dev/null | sed -n 's/^\\[X\\] \\(.*\\)\\.sql$/\\1/p' | tail -n 1)
  case $newest in '' | ${quote(to)} | ${quote(to)}_*) break ;; esac
  out=$(run rollback 2>&1); status=$?
  printf '%s\\n' "$out"
  [ "$status" = 0 ] || { tell short; exit "$status"; }
  taken="\${taken:-} $newest"
done
tell short
for newest in \${taken:-}; do say applied "$newest"; done
`

export const dbmate: Tool = {
  name: 'dbmate',
  status: (options) => script('status', options, 'tell full'),
  apply: (options) => script('apply', options, APPLY),
  down: (options) => script('down', options, down(options.to ?? '')),
  tellsApplied: false,
  stopsAt: false,
  mend: 'Each file is one transaction, unless it says `transaction:false`: look what that one has done, and mend it by hand. `dbmate status` shows where the database is.',
}
