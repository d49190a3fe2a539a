import { randomBytes } from 'node:crypto'
import { appsOf } from '@deploy-actions/digitalocean'
import { octokitApi } from '@deploy-actions/github'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import type { Run } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { appPlatform } from './app-platform.ts'
import { composeSsh } from './compose-ssh.ts'
import { github } from './github.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { readySeal } from './sealed-box.ts'
import type { Target } from './target.ts'

/** The target that the inputs name, with what it uses of the world. */
export async function targetOf(inputs: SyncEnvInputs, run: WorkflowRun, world: Run): Promise<Target> {
  switch (inputs.target) {
    case 'compose-ssh': {
      const { directory } = appOf(inputs, run.repository)
      return composeSsh(
        { inputs, directory, run },
        {
          ...world,
          places: await placesOf(inputs as ConnectionValues, world),
          newKey: () => randomBytes(32).toString('hex'),
        },
      )
    }
    case 'github': {
      const [owner = '', repo = ''] = (inputs.repository ?? run.repository ?? '').split('/')
      const { environment = '', variables, prune, dryRun, githubToken: token = '' } = inputs
      const url = world.env.GITHUB_API_URL ?? 'https://api.github.com'
      return github(
        { owner, repo, environment, variables, prune, dryRun },
        { ...world, api: octokitApi({ ...world, token, url }), seal: readySeal },
      )
    }
    case 'app-platform': {
      const ports = { ...world, fetch }
      return appPlatform(inputs, { ...ports, apps: appsOf(inputs, ports) })
    }
  }
}
