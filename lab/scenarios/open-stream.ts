import { sleep } from './under-load.ts'

/** A stream of the sample application that a client holds open: a WebSocket, or server-sent events. */
export interface OpenStream {
  /** What was said by which version, and when. */
  readonly said: readonly { at: number; version: string }[]
  /** How it ended, and when: the close code of a WebSocket, `end` or an error of server-sent events; undefined while it is open. */
  ended(): { at: number; how: string } | undefined
  close(): void
}

const versionIn = (text: string): string | undefined => /"version":"(\w+)"/.exec(text)?.[1]

/** @param url of the application, `http://…` */
export async function openWebSocket(url: string): Promise<OpenStream> {
  const socket = new WebSocket(`${url.replace('http:', 'ws:')}/ws`)
  const said: { at: number; version: string }[] = []
  let end: ReturnType<OpenStream['ended']>
  socket.addEventListener('message', ({ data }) => said.push({ at: Date.now(), version: versionIn(String(data)) ?? '?' }))
  socket.addEventListener('close', ({ code }) => {
    end = { at: Date.now(), how: String(code) }
  })
  socket.addEventListener('error', () => {})
  return spoken({ said, ended: () => end, close: () => socket.close() })
}

/** @param url of the application, `http://…` */
export async function openEvents(url: string): Promise<OpenStream> {
  const stop = new AbortController()
  const said: { at: number; version: string }[] = []
  let end: ReturnType<OpenStream['ended']>
  const read = async () => {
    const answer = await fetch(`${url}/events`, { headers: { accept: 'text/event-stream' }, signal: stop.signal })
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? [])
      said.push({ at: Date.now(), version: versionIn(chunk) ?? '?' })
  }
  read().then(
    () => {
      end = { at: Date.now(), how: 'end' }
    },
    (error: unknown) => {
      end = { at: Date.now(), how: String(error) }
    },
  )
  return spoken({ said, ended: () => end, close: () => stop.abort() })
}

/** Waits for the first word. */
async function spoken(stream: OpenStream): Promise<OpenStream> {
  for (let tries = 0; tries < 100 && stream.said.length === 0 && stream.ended() === undefined; tries++) await sleep(50)
  if (stream.said.length === 0) throw new Error(`the stream said nothing: ${stream.ended()?.how ?? 'still open'}`)
  return stream
}
