import type { Spec } from './take-spec.ts'

const digest = `sha256:${'a'.repeat(64)}`
const env = (key: string, type: 'GENERAL' | 'SECRET' = 'GENERAL', value = `${key.toLowerCase()} "value" #1 \${not} 'this'`) => ({
  ...{ key, value, type, scope: 'RUN_AND_BUILD_TIME' },
})
const envs = () => [env('PLAIN'), env('SECRET_ONE', 'SECRET'), env('BOUND', 'GENERAL', '${db.DATABASE_URL}')]
const check = {
  failure_threshold: 3,
  port: 8000,
  http_path: '/up',
  initial_delay_seconds: 1,
  period_seconds: 5,
  success_threshold: 1,
  timeout_seconds: 2,
}
const alert = (rule: string) => ({ rule, disabled: false, operator: 'GREATER_THAN', value: 80.5, window: 'FIVE_MINUTES' })
// The description demands an endpoint of logtail that it does not define.
const logs = [
  { name: 'trail', papertrail: { endpoint: 'logs.example.com:1234' } },
  { name: 'dog', datadog: { endpoint: 'https://dog.example.com', api_key: 'k' } },
  { name: 'tail', logtail: { token: 't', endpoint: 'e' } },
  {
    name: 'search',
    open_search: { endpoint: 'https://s.example.com', basic_auth: { user: 'u', password: 'p' }, index_name: 'i', cluster_name: 'c' },
  },
]
const cors = {
  allow_origins: [{ exact: 'https://a.example.com', prefix: 'https://b', regex: '^https://.*$' }],
  ...{ allow_methods: ['GET'], allow_headers: ['X-A'], expose_headers: ['X-B'], max_age: '5h30m', allow_credentials: true },
}
const routes = [{ path: '/api', preserve_path_prefix: true }]
const git = { branch: 'main', repo_clone_url: 'https://git.example.com/a.git' }
const forge = { branch: 'main', deploy_on_push: true, repo: 'acme/shop' }
const ghcr = () => ({ registry_type: 'GHCR', registry: 'acme', repository: 'shop', registry_credentials: 'acme:token', digest })
const docr = (tag?: string) => ({
  registry_type: 'DOCR',
  repository: 'pages',
  ...(tag === undefined ? { digest } : { tag, deploy_on_push: { enabled: true } }),
})
const build = {
  dockerfile_path: 'Dockerfile',
  build_command: 'make',
  run_command: 'run ${PORT}',
  source_dir: '/src',
  environment_slug: 'node-js',
}
const instances = { instance_count: 2, instance_size_slug: 'apps-s-1vcpu-1gb' }
/** Fields that nobody has heard of yet, in every kind of place. */
const unknown = { field_of_tomorrow: { nested: [1, 'two', { three: true }], empty: {}, none: [] } }

/** An app with every field that DigitalOcean's description has, those that only its Go client knows, and some that nobody knows. */
export const wholeSpec = (): Spec => ({
  ...{ name: 'whole', region: 'fra', disable_edge_cache: true, disable_email_obfuscation: true, enhanced_threat_control_enabled: true },
  ...unknown,
  features: ['buildpack-stack=ubuntu-22'],
  envs: envs(),
  alerts: [alert('DEPLOYMENT_FAILED'), alert('DOMAIN_FAILED')],
  domains: [
    {
      domain: 'a.example.com',
      type: 'PRIMARY',
      wildcard: true,
      zone: 'example.com',
      minimum_tls_version: '1.3',
      certificate: 'c',
      ...unknown,
    },
    { domain: 'b.example.com', type: 'ALIAS' },
  ],
  services: [
    {
      ...{ name: 'web', image: ghcr(), ...build, envs: envs(), log_destinations: logs, ...instances, cors, routes, ...unknown },
      autoscaling: {
        ...{ min_instance_count: 1, max_instance_count: 3 },
        metrics: { requests_per_second: { per_instance: 5 }, request_duration: { p95_milliseconds: 9 }, cpu: { percent: 70 } },
      },
      ...{
        health_check: { ...check, ...unknown },
        liveness_health_check: check,
        protocol: 'HTTP2',
        http_port: 8000,
        internal_ports: [9000, 9001],
      },
      termination: { drain_seconds: 5, grace_period_seconds: 9 },
      alerts: [alert('CPU_UTILIZATION')],
      inactivity_sleep: { after_seconds: 60, loading_page: { enabled: true, custom_url: 'https://wait.example.com' } },
    },
    { name: 'from-git', git, ...instances, http_port: 8080 },
    { name: 'from-gitlab', gitlab: forge, ...instances, http_port: 8080 },
  ],
  static_sites: [
    {
      ...{ name: 'pages', image: docr(), envs: envs(), log_destinations: logs, cors, routes, ...unknown },
      ...{ index_document: 'index.html', error_document: '404.html', catchall_document: 'all.html', output_dir: 'out' },
    },
    { name: 'site-git', github: forge, ...build },
  ],
  workers: [
    {
      ...{ name: 'worker', image: ghcr(), ...build, envs: envs(), log_destinations: logs, ...instances, ...unknown },
      autoscaling: { min_instance_count: 1, max_instance_count: 3, metrics: { cpu: { percent: 70 } } },
      ...{ termination: { grace_period_seconds: 9 }, liveness_health_check: check, alerts: [alert('RESTART_COUNT')] },
    },
    { name: 'from-bitbucket', bitbucket: forge, ...instances },
  ],
  jobs: [
    {
      ...{ name: 'migrate', kind: 'PRE_DEPLOY', image: ghcr(), ...build, envs: envs(), log_destinations: logs, ...instances, ...unknown },
      ...{ termination: { grace_period_seconds: 9 }, timeout: '15m', alerts: [alert('JOB_INVOCATION_FAILED')] },
    },
    {
      name: 'nightly',
      kind: 'SCHEDULED',
      image: docr('stable'),
      schedule: { cron: '0 3 * * *', time_zone: 'Europe/Berlin' },
      ...instances,
    },
    {
      name: 'alarm',
      kind: 'FAILED_DEPLOY',
      image: { registry_type: 'DOCKER_HUB', registry: 'library', repository: 'busybox', tag: '1' },
      ...instances,
    },
  ],
  functions: [
    {
      name: 'lambda',
      github: forge,
      source_dir: '/fn',
      cors,
      routes,
      envs: envs(),
      alerts: [alert('FUNCTIONS_ERROR_COUNT')],
      log_destinations: logs,
    },
  ],
  databases: [
    {
      ...{
        name: 'db',
        engine: 'PG',
        version: '16',
        production: true,
        cluster_name: 'c',
        db_name: 'd',
        db_user: 'u',
        size: 'db-s',
        num_nodes: 1,
      },
      ...unknown,
    },
  ],
  ingress: {
    ...unknown,
    custom_error_page_url: 'https://error.example.com',
    rules: [
      {
        match: { path: { prefix: '/api', exact: '/api' }, authority: { exact: 'a.example.com', prefix: 'a' } },
        cors,
        component: { name: 'web', preserve_path_prefix: 'true', rewrite: '/v2' },
      },
      {
        match: { path: { prefix: '/old' } },
        redirect: { uri: '/new', authority: 'b.example.com', port: 443, scheme: 'https', redirect_code: 301 },
      },
    ],
  },
  egress: { type: 'DEDICATED_IP' },
  maintenance: { enabled: false, archive: false, offline_page_url: 'https://off.example.com' },
  vpc: { id: 'c22d8f48-4bc4-49f5-8ca0-58e7164427ac', egress_ips: [{ ip: '10.0.0.1' }] },
})
