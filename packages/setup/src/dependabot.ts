import { yamlText } from './yaml-text.ts'

/** `.github/dependabot.yml`: base images where Dockerfiles lie, images of Compose files, and actions. */
export function dependabot(contexts: readonly string[], onCompose: boolean): string {
  const folders = [...new Set(contexts.map((context) => (context === '.' ? '/' : `/${context}`)))].sort()
  const weekly = { schedule: { interval: 'weekly' }, cooldown: { 'default-days': 7 } }
  return yamlText(
    {
      version: 2,
      updates: [
        { 'package-ecosystem': 'docker', directories: folders, ...weekly },
        ...(onCompose ? [{ 'package-ecosystem': 'docker-compose', directory: '/', ...weekly }] : []),
        { 'package-ecosystem': 'github-actions', directory: '/', ...weekly },
      ],
    },
    ['Proposes newer base images and actions, a week after they came out.'],
  )
}
