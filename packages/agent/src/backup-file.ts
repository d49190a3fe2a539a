import type { Program, Remote } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { script, sessionCommand } from './bootstrap.ts'
import { parseLine } from './protocol.ts'

export interface BackupFileRequest {
  /** The app's directory on the host. */
  readonly directory: string
  readonly who: string
  readonly signal: AbortSignal
}

/** A login shell that says more than this before our first line says it for ever. */
const LONGEST_GREETING = 64 * 1024
const NEWLINE = 0x0a

/**
 * The bytes of one file of a backup that lies on a host, no faster than they are taken. It needs no lock: what is there under its id is never changed.
 * @throws UserError DA-BACKUP-UNKNOWN, or DA-SSH-LOST when not all of it came
 */
export async function* readBackupFile(
  remote: Remote,
  { directory, who, signal }: BackupFileRequest,
  id: string,
  file: string,
): AsyncGenerator<Uint8Array> {
  const command = sessionCommand({ mode: 'backup-file', directory, lockTimeoutMs: 0, who, sudo: remote.sudo, more: [id, file] })
  const program = await remote.program(command, { signal })
  const lost = (came: string) =>
    new UserError('DA-SSH-LOST', `${file} of ${id} did not come from ${remote.name} to its end (${came})${words(program)}`, {
      hint: 'The backup on the host is as it was. Run it again.',
    })
  let size: number | undefined
  let came = 0
  let greeting: Buffer = Buffer.alloc(0)
  for await (const chunk of program.output) {
    let bytes: Uint8Array = chunk
    if (size === undefined) {
      const heard = beginning(Buffer.concat([greeting, chunk]), program)
      size = heard.size
      greeting = heard.rest
      if (greeting.length > LONGEST_GREETING && size === undefined) throw lost('the host says something else')
      if (size === undefined) continue
      bytes = heard.rest
    }
    came += bytes.length
    if (bytes.length > 0) yield bytes
  }
  signal.throwIfAborted()
  if (size === undefined || came !== size) throw lost(`${came} of ${size ?? 'unknown'} bytes`)
}

/** Reads on to the line that says the file's size, and gives what stands behind it. What the login shell said before is nothing. @throws UserError that the host told */
function beginning(heard: Buffer, program: Program): { size?: number; rest: Buffer } {
  let rest = heard
  for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
    const line = parseLine(rest.subarray(0, end).toString('utf8'))
    rest = rest.subarray(end + 1)
    if (line.kind === 'failure') throw new UserError(line.code, line.message)
    if (line.kind !== 'event') continue
    if (line.name === 'backup-file') return { size: Number(line.fields.size), rest }
    // Somebody has put another version of the agent there since.
    if (line.name === 'need-agent') program.write(Buffer.from(`${script}\n`))
  }
  return { rest }
}

const words = (program: Program): string => {
  const said = program.stderrTail().trim()
  return said === '' ? '' : `: ${said.split('\n').slice(-2).join(' / ')}`
}
