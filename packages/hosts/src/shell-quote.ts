/** One word for a POSIX shell: whatever `text` contains, the shell sees exactly it. NUL cannot be in an argument and throws. */
export function quote(text: string): string {
  if (text.includes('\0')) throw new Error('an argument cannot contain NUL')
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * A command line that runs `command`, written for POSIX sh, in /bin/sh, whatever the user's login shell is (csh and fish quote differently). Standard input is left alone.
 * What any of these shells treats specially between single quotes is written as an octal escape that `printf %b` undoes.
 */
export function anyShell(command: string): string {
  if (!/['\\!\n\r]/.test(command)) return `exec /bin/sh -c '${command}'`
  const escaped = command.replace(/['\\!\n\r]/g, (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `exec /bin/sh -c 'eval "$(printf %b "$0")"' '${escaped}'`
}
