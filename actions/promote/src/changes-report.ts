import type { Summary } from '@deploy-actions/kit'
import type { Changes } from './difference.ts'
import type { PromoteResult } from './promote.ts'

const MOST = 50

/** What would be another than now: images, commits, migrations, names of variables. */
export function tellChanges({ changes, from, to, build }: PromoteResult, summary: Summary): void {
  const { images, commits, migrations, env } = changes
  summary.table(
    ['', 'Release', 'Commit'],
    [
      ['Serves now', to === undefined ? 'nothing' : `\`${to.payload.release}\``, code(to?.commit.slice(0, 7))],
      ['Would serve the build of', `\`${from.payload.release}\``, code(build.commit.slice(0, 7))],
    ],
  )
  summary.table(
    ['Image', 'Now', 'Then'],
    images.map(({ name, variant, before, after }) => [
      variant === undefined ? name : `${name}, variant ${variant}`,
      code(digest(before)),
      before === after ? 'the same' : code(digest(after)),
    ]),
  )
  if (images.some(({ variant }) => variant !== undefined))
    summary.text(`A variant is an image of its own, of the same commit: the build has started it, ${from.environment} has run its own.`)
  tellCommits(commits, summary)
  if (migrations.length > 0) summary.text('**Migrations** among these commits:').list(migrations.map((path) => `\`${path}\``))
  if (env.onlyFrom.length > 0) summary.text(`**Variables** that only ${from.environment} has: ${env.onlyFrom.map(code).join(', ')}`)
  if (env.onlyTo.length > 0) summary.text(`**Variables** that only ${to?.environment} has: ${env.onlyTo.map(code).join(', ')}`)
}

function tellCommits(commits: Changes['commits'], summary: Summary): void {
  if (commits === undefined) return
  const { count, relation } = commits
  const more = count > MOST ? `, the first ${MOST} of them` : ''
  summary.text(
    relation === 'ahead' || relation === 'identical'
      ? `**${count} commits**${more}:`
      : `**${count} commits** that are not in what serves now (${relation}):`,
  )
  summary.list(
    commits.commits
      .slice(0, MOST)
      .map(({ sha, title, author }) => `\`${sha.slice(0, 7)}\` ${plain(title)}${author === '' ? '' : ` (${plain(author)})`}`),
  )
}

const code = (text: string | undefined): string => (text === undefined || text === '' ? '' : `\`${text}\``)
const digest = (text: string): string => text.replace(/^sha256:/, '').slice(0, 12)

/** What a commit says must not become Markdown or HTML of ours, nor call anybody by name. */
const plain = (text: string): string =>
  text
    .slice(0, 120)
    .replace(/[<>`*_[\]\\|]/g, '\\$&')
    .replaceAll('@', '@\u200b')
