import { posix } from 'node:path'
import { isElsewhere } from './build-place.ts'
import { yamlText } from './yaml-text.ts'

/** `.github/dependabot.yml`: base images where Dockerfiles lie in this repository, images of Compose files, and actions. */
export function dependabot(contexts: readonly string[], onCompose: boolean): string {
  const folders = [...new Set(contexts.filter((context) => !isElsewhere(context)).map(fromTop))].sort()
  const weekly = { schedule: { interval: 'weekly' }, cooldown: { 'default-days': 7 } }
  return yamlText(
    {
      version: 2,
      updates: [
        ...(folders.length > 0 ? [{ 'package-ecosystem': 'docker', directories: folders, ...weekly }] : []),
        ...(onCompose ? [{ 'package-ecosystem': 'docker-compose', directory: '/', ...weekly }] : []),
        { 'package-ecosystem': 'github-actions', directory: '/', ...weekly },
      ],
    },
    ['Proposes newer base images and actions, a week after they came out.'],
  )
}

const fromTop = (context: string): string => `/${posix.normalize(context).replace(/^\.?\/?|\/$/g, '')}`
