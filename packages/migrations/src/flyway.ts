import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import { shellScript, urlWithoutPassword } from './shell-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/**
 * A URL such as other programs have it becomes one of JDBC, the user and the password go by Flyway's own variables. `info` prints a table with
 * columns Category, Version, Description, Type, Installed On, State.
 */
function script(step: Script['name'], options: ToolOptions, work: string): Script {
  const { lockTimeoutMs, statementTimeoutMs } = options
  return shellScript(
    step,
    options,
    `
${urlWithoutPassword(options.urlVariable)}
folder=${quote(options.migrations ?? 'sql')}
case $url in
  postgres://*@* | postgresql://*@*)
    part=\${url#*://}; export FLYWAY_URL="jdbc:postgresql://\${part##*@}" FLYWAY_USER="\${part%@*}" FLYWAY_PASSWORD="\${PGPASSWORD:-}" ;;
  jdbc:*) export FLYWAY_URL="$url" ;;
esac
export FLYWAY_INIT_SQL=${quote(`SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${statementTimeoutMs}`)}
run() { ${options.command ?? 'flyway'} -locations="filesystem:$folder" ${options.to === undefined ? '' : `-target=${quote(options.to)} `}"$@"; }
rows() { sed -n 's/ *| */|/g; s/^|\\(Versioned\\|Repeatable\\)|//p'; }
tell() {
  told=$(run info 2>&1) || { printf '%s\\n' "$told"; return 1; }
  say begin
  printf '%s\\n' "$told" | rows | while IFS='|' read -r version description type on state rest; do
    case $state in
      Success | Baseline | 'Out of Order') say current "$version" ;;
      Failed*) say dirty "version $version ($description) failed" ;;
      Future* | Missing*) say unknown "$version $description" ;;
      Pending | Outdated)
        name=\${version:-$description}
        file=$(ls "$folder" | grep -E "^V0*$(printf '%s' "$version" | sed 's/\\./[._]/g')__|^R__$(printf '%s' "$description" | tr ' ' '_')\\.sql" | head -n 1)
        say pending "$name" "$folder/$file"
        [ "$1" = short ] || [ -z "$file" ] || { say source "$name"; texts <"$folder/$file"; say sql "$name"; texts <"$folder/$file"; } ;;
    esac
  done
  say told
}
${work}
`,
  )
}

const APPLY = `
out=$(run migrate 2>&1); status=$?
printf '%s\\n' "$out"
tell short
# Of one that fails it says the same before.
[ "$status" = 0 ] || exit "$status"
for word in $(printf '%s\\n' "$out" | sed -n 's/.*Migrating schema .* to version "\\([^ "]*\\).*/\\1/p'); do say applied "$word"; done
exit $status
`

export const flyway: Tool = {
  name: 'flyway',
  status: (options) => script('status', options, 'tell full'),
  apply: (options) => script('apply', options, APPLY),
  tellsApplied: false,
  stopsAt: true,
  mend: 'Look what the failed migration has done, mend it by hand, then `flyway repair` removes it from the history.',
}
