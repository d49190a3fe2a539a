import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { valuesOf, withEnvironments } from './environments.ts'

const CALLED = `
on:
  workflow_call:
    inputs:
      production: { type: string, default: production }
    secrets:
      KEY: { required: true }
jobs:
  build:
    steps: [{ run: make }]
  staging:
    environment: staging
    steps: [{ run: 'echo \${{ secrets.KEY }} \${{ vars.HOST }} \${{ secrets.GITHUB_TOKEN }}' }]
  live:
    environment: { name: '\${{ inputs.production }}' }
    steps: [{ run: 'echo \${{ secrets.KEY }}' }]
`
const environments = {
  staging: { vars: { HOST: 'a' }, secrets: { KEY: 's' } },
  production: { vars: { HOST: 'b' }, secrets: { KEY: 'p' } },
}

test('a job reads the values of the environment that it names, and the workflow takes them all', () => {
  const { on, jobs } = parse(withEnvironments(CALLED, environments))
  expect(Object.keys(on.workflow_call.secrets)).toEqual(['STAGING__KEY', 'PRODUCTION__KEY'])
  expect(jobs.staging.steps).toEqual([{ run: 'echo ${{ secrets.STAGING__KEY }} ${{ vars.STAGING__HOST }} ${{ secrets.GITHUB_TOKEN }}' }])
  expect(jobs.live.steps).toEqual([{ run: 'echo ${{ secrets.PRODUCTION__KEY }}' }])
  expect(valuesOf(environments, 'secrets')).toEqual({ STAGING__KEY: 's', PRODUCTION__KEY: 'p' })
})

test('a caller hands on the values of both', () => {
  const caller = `
on: push
jobs:
  all:
    uses: org/deploy-actions/.github/workflows/pipeline-compose.yml@v1
    secrets: { KEY: '\${{ secrets.KEY }}' }
`
  expect(parse(withEnvironments(caller, environments)).jobs.all.secrets).toEqual({
    STAGING__KEY: '${{ secrets.STAGING__KEY }}',
    PRODUCTION__KEY: '${{ secrets.PRODUCTION__KEY }}',
  })
})

test('where a run is of one environment nothing is renamed', () => expect(withEnvironments(CALLED, {})).toBe(CALLED))
