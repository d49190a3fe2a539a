import path from 'node:path'
import type { LoadReport } from '../lab.ts'
import { Consumer, directory, type Step } from '../scenarios/consumer.ts'
import { lossesIn } from '../scenarios/losses.ts'
import { plainTable } from '../scenarios/plain-table.ts'
import { openStage, type Stage } from '../scenarios/stage.ts'
import { underLoad } from '../scenarios/under-load.ts'
import { LabError } from '../shell.ts'
import { statePath } from '../state.ts'
import { type Chapter, chapters } from './chapters.ts'
import { lastWords, whatWentWrong } from './last-words.ts'
import { LiveLine } from './live-line.ts'

// Shows the product on a host in a box: `npm run demo`. Ends with 1 when a request was lost or a step ended otherwise than it should.

interface Played {
  chapter: Chapter
  step: Step
  report: LoadReport | undefined
  problems: string[]
}

const line = new LiveLine()
const began = Date.now()
const say = (text: string): void => console.log(text)

async function demo(): Promise<void> {
  say('deploy-actions: releases that lose no request, and a way back. A host in a box on this machine plays your server.\n')
  say('Setting up (some minutes the first time, a second later on):')
  const stage = await openStage({ say: (text) => line.show(`${text} …`, '') })
  await stage.box.reset()
  line.show(`${stage.box.name} is ready, a bare server with SSH, Docker and Compose, at ${stage.box.address}`, '')
  line.end()
  const ready = Date.now()
  const consumer = new Consumer(stage)
  const played: Played[] = []
  try {
    for (const chapter of chapters) played.push(await play(stage, consumer, chapter, played.length + 1))
  } finally {
    consumer.close()
  }
  say(`\n${resultTable(played)}\n`)
  tellTheEnd(played, ready)
  const key = path.relative(process.cwd(), stage.box.keyFile)
  const knownHosts = path.relative(process.cwd(), statePath(`known_hosts.${stage.box.name}`))
  say(`\nLook around:   ssh -i ${key} -o UserKnownHostsFile=${knownHosts} root@${stage.box.address} ${directory}/bin/release status`)
  say('Clear away:    npm run lab -- down')
}

async function play(stage: Stage, consumer: Consumer, chapter: Chapter, number: number): Promise<Played> {
  say(`\n${number}. ${chapter.title}\n${wrapped(chapter.told)}`)
  let doing = 'starting'
  let counted = ''
  const show = () => line.show(doing, counted)
  const watch = (stdout: string) => {
    doing = lastWords(stdout) ?? doing
    show()
  }
  const work = () => chapter.play(consumer, watch)
  const onProgress = (text: string) => {
    counted = text
      .replace(/ +/g, ' ')
      .replace(/ (\d+ (?:sent|lost)|version)/g, '   $1')
      .replace(' 0 mixed', '')
    show()
  }
  const quiet = chapter.versions.length === 0
  const { report, result: step } = quiet
    ? { report: undefined, result: await work() }
    : await underLoad(stage, work, { rate: 330, kinds: ['get', 'get-close', 'post', 'post-close', 'slow'], onProgress })
  line.end()
  const problems = [
    ...(step.status === chapter.status ? [] : [`it ended ${step.status} instead of ${chapter.status}:\n${step.stdout.slice(-3000)}`]),
    ...(report === undefined ? [] : lossesIn(report, { versions: chapter.versions, returns: chapter.returns ?? false })),
  ]
  const sent = report === undefined ? '' : `; ${count(report.sent)} requests, none lost`
  say(problems.length > 0 ? `  WRONG: ${problems.join('\n  ')}` : `  ${step.status}${whatWentWrong(step)}${sent}`)
  return { chapter, step, report, problems }
}

function resultTable(played: Played[]): string {
  const rows = played.map(({ chapter, step, report }, index) => [
    `${index + 1}. ${chapter.title}`,
    step.status,
    ((step.endedAt - step.startedAt) / 1000).toFixed(1),
    report ? count(report.sent) : '-',
    report ? String(report.lost + (report.worker?.lost ?? 0)) : '-',
    report ? answered(report, chapter) : 'v1',
  ])
  return plainTable(['step', 'status', 'seconds', 'sent', 'lost', 'answered'], rows)
}

function answered({ versions }: LoadReport, { returns }: Chapter): string {
  const names = versions.map(({ version }) => version)
  return [...names, ...(returns ? names.slice(0, 1) : [])].join(' → ')
}

function tellTheEnd(played: Played[], ready: number): void {
  const seconds = Math.round((Date.now() - ready) / 1000)
  const setUp = Math.round((ready - began) / 1000)
  const sent = played.reduce((sum, { report }) => sum + (report?.sent ?? 0) + (report?.worker?.sent ?? 0), 0)
  const wrong = played.filter(({ problems }) => problems.length > 0)
  say(`${count(sent)} requests in ${seconds} s (after ${setUp} s of setting up), counted with those of the worker, which calls by name.`)
  if (wrong.length > 0) {
    say(`NOT as it should be: ${wrong.map(({ chapter }) => chapter.title).join(', ')}. See above.`)
    process.exitCode = 1
  } else say('None was lost, and no answer mixed two releases.')
}

const count = (number: number): string => number.toLocaleString('en')

const wrapped = (text: string): string => text.replace(/(.{1,96})(?: |$)/g, '   $1\n').trimEnd()

try {
  await demo()
} catch (error) {
  line.end()
  console.error(error instanceof LabError ? error.message : error)
  process.exitCode = 1
}
