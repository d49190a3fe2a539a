import type { Workspace } from '@deploy-actions/compose'
import { readInputs } from '@deploy-actions/kit'
import type { DoctorValues, Folder, InitPorts, InitValues } from '@deploy-actions/setup'
import { doctorInputs, initInputs, initProblems } from '@deploy-actions/setup'
import { FakeLog } from '@deploy-actions/testing'

/** Inputs of `init` as a person gives them, with the defaults of its manifest. */
export function initValues(given: Readonly<Record<string, string>> = {}): InitValues {
  const defaults: Record<string, string> = {
    directory: '.',
    user: 'deploy',
    environments: 'staging,production',
    branch: 'main',
    force: 'false',
    'dry-run': 'false',
  }
  return readInputs(initInputs, (name) => given[name] ?? defaults[name] ?? '', { check: initProblems })
}

/** Inputs of `doctor`. */
export function doctorValues(given: Readonly<Record<string, string>> = {}): DoctorValues {
  const defaults: Record<string, string> = {
    directory: '.',
    'host-address': 'public',
    'api-url': 'https://api.digitalocean.com',
    user: 'deploy',
    sudo: 'false',
    registry: 'ghcr.io',
  }
  return readInputs(doctorInputs, (name) => given[name] ?? defaults[name] ?? '')
}

/** A repository in memory. */
export class RepositoryMap {
  readonly files: Map<string, string>
  readonly modes = new Map<string, number>()
  readonly log = new FakeLog()

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files))
  }

  get workspace(): Workspace {
    return {
      read: async (path) => (this.files.has(path) ? Buffer.from(this.files.get(path) as string) : undefined),
      list: async (directory) =>
        [...this.files.keys()].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1)),
      stat: async (path) => (this.files.has(path) ? { kind: 'file', mode: 0o644 } : undefined),
    }
  }

  get folder(): Folder {
    return {
      read: async (path) => this.files.get(path),
      write: async (path, text, mode) => {
        this.files.set(path, text)
        this.modes.set(path, mode)
      },
    }
  }

  ports(more: Partial<InitPorts> = {}): InitPorts {
    return {
      workspace: this.workspace,
      folder: this.folder,
      log: this.log,
      ask: undefined,
      random: (bytes) => Buffer.alloc(bytes, 7),
      script: async () => '#!/bin/sh\n# --- what is different for each app\napp=app\n# --- the same for everybody\nmain\n',
      about: { repository: 'acme/Shop', folder: 'shop', actions: 'acme/deploy-actions', publicKey: undefined },
      ...more,
    }
  }

  text(path: string): string {
    const text = this.files.get(path)
    if (text === undefined) throw new Error(`there is no ${path}; there are ${[...this.files.keys()].join(', ')}`)
    return text
  }
}
