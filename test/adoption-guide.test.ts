import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { layouts, pasted, repositoryFile } from '../lab/adoption/layouts.ts'
import { read } from './repository.ts'

// The lab deploys with the very steps of docs/guide-adoption.md; here they are only read.
const known = Object.keys(parse(read('actions/deploy-compose-ssh/action.yml')).inputs)

test.each(layouts.map((layout) => [layout.name, layout] as const))(
  'the step of the guide for %s names inputs and services that there are',
  (_name, layout) => {
    const inputs = pasted(layout)
    const services = Object.keys(parse(repositoryFile(layout, layout.compose)).services)
    expect(Object.keys(inputs).filter((input) => !known.includes(input))).toEqual([])
    expect(
      (inputs.switch ?? '')
        .trim()
        .split('\n')
        .filter((line) => !services.includes(line.split(':')[0] ?? '')),
    ).toEqual([])
    expect([layout.database.service, ...layout.untouched].filter((service) => !services.includes(service))).toEqual([])
  },
)
