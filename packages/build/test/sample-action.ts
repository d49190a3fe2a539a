import type { Action } from '@deploy-actions/build'

const input = { description: 'Something.', default: '', required: false, secret: false }

/** An action as `readActions` gives it, for tests that need one. */
export const sampleAction: Action = {
  name: 'deploy-things',
  folder: 'actions/deploy-things',
  text: 'name: Deploy things\nruns:\n  using: node24\n  main: ../../dist/deploy-things/index.cjs\n',
  title: 'Deploy things',
  description: 'Deploys things without losing one.',
  using: 'node24',
  inputs: [
    { ...input, name: 'host', required: true, description: 'Hosts, one per line.' },
    { ...input, name: 'ssh-key', secret: true, description: 'Private key. (secret)' },
    { ...input, name: 'dry-run', default: 'false' },
    { ...input, name: 'phase', default: 'all', description: 'Part to run: all | prepare.' },
    { ...input, name: 'token', default: '${{ github.token }}', secret: true },
  ],
  outputs: [{ name: 'status', description: 'How it ended.' }],
}
