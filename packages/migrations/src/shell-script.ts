import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import type { ToolOptions } from './tool.ts'

/** Words of every script: how it tells a status. `texts` prints a file so that no line of it can be taken for one of ours. */
const TELLING = `
say() { printf '\\n@deploy-actions'; for word; do printf '\\t%s' "$word"; done; echo; }
texts() { sed 's/^/|/'; echo; }
`

/** The limits of a statement, for programs that know libpq's variables. */
const limits = ({ lockTimeoutMs, statementTimeoutMs, applicationName }: ToolOptions): string =>
  `export PGAPPNAME=${quote(applicationName)} PGOPTIONS="\${PGOPTIONS:-} -c lock_timeout=${lockTimeoutMs} -c statement_timeout=${statementTimeoutMs}"\n`

/** A script of shell lines with the limits in its environment. */
export const shellScript = (name: Script['name'], options: ToolOptions, lines: string): Script => ({
  name,
  text: `set -u\n${TELLING}${limits(options)}${lines.trim()}\n`,
})

/**
 * The URL of the database in two parts, for a program that takes it as an argument: everybody on the host can read arguments. The password goes
 * by PGPASSWORD, decoded; `$url` is without it. libpq's URLs have it behind the user, or as the parameter `password`.
 */
export const urlWithoutPassword = (variable: string): string => `
full=\${${variable}:-}
[ -n "$full" ] || { echo "the variable ${variable} is not set here: name the one that holds the URL in \\\`database-url-env\\\`" >&2; exit 3; }
url=$full
password_is() {
  coded=$1 plain=''
  while [ -n "$coded" ]; do
    case $coded in
      %[0-9A-Fa-f][0-9A-Fa-f]*) digits=\${coded#%}; digits=\${digits%"\${digits#??}"}; plain="$plain$(printf "\\\\$(printf '%03o' "0x$digits")x")"; plain=\${plain%x}; coded=\${coded#???} ;;
      *) plain="$plain\${coded%"\${coded#?}"}"; coded=\${coded#?} ;;
    esac
  done
  export PGPASSWORD="$plain"
}
case $full in
  jdbc:*) ;;
  *://*@*)
    # The last @ ends the user's part: a password may have one.
    part=\${full#*://}; user=\${part%@*}; rest=\${part##*@}
    case $user in
      *:*)
        url="\${full%%://*}://\${user%%:*}@$rest"
        password_is "\${user#*:}" ;;
    esac ;;
esac
case $url in
  jdbc:*) ;;
  *[?\\&]password=*)
    before=\${url%%[?\\&]password=*}; after=\${url#"$before"?password=}; coded=\${after%%\\&*}; after=\${after#"$coded"}
    case $before in *\\?*) url=$before$after ;; *) url=$before\${after:+?\${after#?}} ;; esac
    password_is "$coded" ;;
esac
`
