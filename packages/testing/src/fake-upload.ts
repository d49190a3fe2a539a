import type { UploadEntry } from '@deploy-actions/hosts'

export interface Upload {
  directory: string
  entries: readonly UploadEntry[]
}

/** Takes uploads out of a session, as the agent's reader does (packages/agent/src/sh/74-upload.sh). */
export class FakeUpload {
  readonly #uploads: Upload[]
  #directory: string | undefined
  #archive: Buffer[] = []

  constructor(uploads: Upload[]) {
    this.#uploads = uploads
  }

  /** Whether a line is a part of an upload. */
  takes(line: string): boolean {
    if (this.#directory === undefined) {
      if (!line.startsWith('upload ')) return false
      this.#directory = line.slice('upload '.length)
      return true
    }
    if (line === '0') {
      this.#uploads.push({ directory: this.#directory, entries: untar(Buffer.concat(this.#archive)) })
      this.#archive = []
      this.#directory = undefined
    } else if (line !== 'ping') throw new Error(`in the middle of an upload came: ${line}`)
    return true
  }

  add(bytes: Uint8Array): void {
    const piece = Buffer.from(bytes)
    const end = piece.indexOf('\n')
    const length = Number(piece.subarray(0, end))
    if (this.#directory === undefined || length !== piece.length - end - 1) throw new Error('not a piece of an upload')
    this.#archive.push(piece.subarray(end + 1))
  }
}

/** The files of an archive as packages/hosts writes them; paths that need GNU's long names are not for tests with fakes. */
function untar(archive: Buffer): UploadEntry[] {
  const entries: UploadEntry[] = []
  for (let at = 0; archive[at] !== 0; ) {
    const field = (from: number, length: number) => archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(field(124, 12), 8)
    const prefix = field(345, 155)
    if (field(156, 1) !== '0') throw new Error('this upload has a path that is too long for a FakeUpload')
    const path = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`
    entries.push({ path, mode: Number.parseInt(field(100, 8), 8), bytes: archive.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return entries
}
