/** The part of ssh2 that we use, directly (keys) and through node-ssh. The package has no types of its own. */
declare module 'ssh2' {
  import type { Duplex, Readable } from 'node:stream'

  export interface ParsedKey {
    type: string
    getPublicSSH(): Buffer
    getPrivatePEM(): string
    isPrivateKey(): boolean
  }

  export interface ClientChannel extends Duplex {
    readonly stderr: Readable
    signal(name: string): void
    close(): void
    /** `code` is null when a signal ended the program. */
    on(event: 'exit', listener: (code: number | null, signal?: string) => void): this
    on(event: string, listener: (...args: never[]) => void): this
  }

  export interface Client {
    exec(command: string, callback: (error: Error | undefined, channel: ClientChannel) => void): void
    on(event: string, listener: (...args: never[]) => void): this
    end(): void
    destroy(): void
  }

  const ssh2: {
    utils: { parseKey(data: string | Buffer, passphrase?: string): ParsedKey | Error }
  }
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS
  export default ssh2
}
