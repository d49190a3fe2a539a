import type { IncomingHttpHeaders } from 'node:http'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** Connects to this address instead of what the name says; the name stays in `Host` and in TLS. */
  readonly address?: string | undefined
  readonly timeLimitMs: number
}

/** How long each part of a request took, in milliseconds. A part that a kept connection did not need is missing. */
export interface Phases {
  readonly dns?: number
  readonly connect?: number
  readonly tls?: number
  /** From the request to the first byte of the answer. */
  readonly wait?: number
  readonly download?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly ms: number
  readonly phases: Phases
  /** The server had closed the kept connection just then; this is the answer on a new one. */
  readonly again?: true
}

/** What a server showed to prove itself. */
export interface Certificate {
  readonly host: string
  readonly address?: string | undefined
  readonly issuer: string
  /** Milliseconds since 1970. */
  readonly validTo: number
}

/** Asks servers. @throws Unanswered */
export interface HttpClient {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
  /** Of every host that was asked over TLS. */
  certificates(): readonly Certificate[]
  close(): void
}
