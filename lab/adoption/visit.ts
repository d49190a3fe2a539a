import { request as http } from 'node:http'
import { request as https } from 'node:https'
import type { Box } from '../lab.ts'
import { sleep } from '../scenarios/under-load.ts'
import type { Layout } from './layouts.ts'

type Front = Layout['fronts'][number]

export const urlOf = (box: Box, { scheme, port }: Front): string => `${scheme}://${box.address}:${port}`

/** One request as a visitor's; an authority of the lab's own is not asked for its papers. */
export function visit(box: Box, { scheme, port, host }: Front, path: string, body?: string): Promise<{ status: number; text: string }> {
  const options = {
    host: box.address,
    port,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: host === undefined ? {} : { host },
    timeout: 5000,
    ...(scheme === 'https' && { rejectUnauthorized: false, servername: host }),
  }
  return new Promise((resolve, reject) => {
    const asked = (scheme === 'https' ? https : http)(options, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', reject)
    asked.end(body)
  })
}

/** A project that somebody has just started takes its time. */
export async function untilAnswers(box: Box, front: Front, path = '/'): Promise<void> {
  let seen = ''
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(200)) {
    const answer = await visit(box, front, path).catch((error: Error) => ({ status: 0, text: error.message }))
    if (answer.status === 200) return
    seen = `${answer.status} ${answer.text.slice(0, 200)}`
  }
  throw new Error(`${urlOf(box, front)}${path} does not answer: ${seen}`)
}
