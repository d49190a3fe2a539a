import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import { shellScript } from './shell-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/** The user's own commands. What the status command prints by `current:`, `pending:` and `dirty:` is told in our form. */
function script(step: Script['name'], options: ToolOptions, work: string): Script {
  const { status = '', plan } = options.commands
  return shellScript(
    step,
    options,
    `
export TO=${quote(options.to ?? '')}
tell() {
  told=$(${status}
  ) || { printf '%s\\n' "$told"; return 1; }
  say begin
  printf '%s\\n' "$told" | while IFS= read -r line; do
    case $line in
      'current: '*) say current "\${line#current: }" ;;
      'pending: '*) say pending "\${line#pending: }" ;;
      'dirty: '*) say dirty "\${line#dirty: }" ;;
      'unknown: '*) say unknown "\${line#unknown: }" ;;
    esac
  done
  ${plan === undefined ? '' : `[ "$1" = short ] || case $told in *'pending: '*) first=$(printf '%s\\n' "$told" | sed -n 's/^pending: //p' | head -n 1); sql=$(${plan}\n  ) || return 1; say sql "$first"; printf '%s\\n' "$sql" | texts ;; esac`}
  say told
}
${work}
`,
  )
}

const running = (command: string | undefined): string => `(\n${command ?? 'true'}\n); status=$?\ntell short\nexit $status`

export const custom: Tool = {
  name: 'custom',
  status: (options) => script('status', options, 'tell full'),
  apply: (options) => script('apply', options, running(options.commands.apply)),
  down: (options) => script('down', options, running(options.commands.down)),
  tellsApplied: false,
  stopsAt: true,
  mend: 'Mend it as your tool says, until `status-command` prints no `dirty:` any more.',
}
