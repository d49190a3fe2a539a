import type { AssetsChoice } from './assets-line.ts'
import { block } from './caddy-text.ts'

// How the edge answers for static files of kept releases. The agent gathers them beside the flag (62-assets.sh), in a mount that the edge has anyway, so
// that nothing is reloaded when a release brings new ones.

const rootOf = (service: string): string => `/switch/.assets/${service}`

/** Name of the snippet for one service. */
export const keptSnippet = (service: string): string => `kept-${service}`

/**
 * For each service with `assets`, what becomes of the live slot's answer where a kept release has such a file: one that it does not have is served from there. So
 * is one for which it gives a page, as servers of single-page apps do for whatever they do not know.
 */
export function keptSnippets(assets: readonly AssetsChoice[]): string[] {
  const services = [...new Set(assets.map(({ service }) => service))]
  return services.map((service) => {
    const answer = [`root * ${rootOf(service)}`, 'file_server']
    return block(`(${keptSnippet(service)})`, [
      '@gone status 404',
      '@page header Content-Type text/html*',
      ...block('handle_response @gone', answer).split('\n'),
      ...block('handle_response @page', answer).split('\n'),
    ])
  })
}

/** Requests for a file that a kept release has. HTML is none of them: an old page must not come back. */
export function keptMatcher(service: string, paths: readonly string[]): string[] {
  return block('@kept', [
    'method GET HEAD',
    `path ${paths.join(' ')}`,
    'not path *.html *.htm',
    ...block('file', [`root ${rootOf(service)}`, 'try_files {path}']).split('\n'),
  ]).split('\n')
}
