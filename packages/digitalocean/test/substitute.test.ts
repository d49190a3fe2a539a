import { type JsonObject, substitute } from '@deploy-actions/digitalocean'
import { expect, test } from '@jest/globals'

const filled = (spec: JsonObject, values: Record<string, string> = {}) => substitute(spec, new Map(Object.entries(values)), 'app.yaml')

test('a value is put in whatever it holds: the tree is parsed already', () => {
  const evil = 'a"b\'c: #d\n- e: ${OTHER} $& $1'
  const { spec } = filled({ name: 'a', envs: [{ key: 'X', value: 'pre-${X_VALUE}-post' }] }, { X_VALUE: evil })
  expect(spec.envs).toEqual([{ key: 'X', value: `pre-${evil}-post` }])
})

test('references of the platform and of the shell stay', () => {
  const spec = {
    name: 'shop',
    envs: [{ key: 'BASE', value: 'x' }],
    services: [
      {
        name: 'web',
        run_command: 'run --port ${PORT} $HOME',
        envs: [
          { key: 'OWN', value: 'y' },
          { key: 'URL', value: '${db.DATABASE_URL} ${_self.PORT} ${APP_URL} ${APP_DOMAIN} ${web.HOSTNAME} ${BASE} ${OWN} $PLAIN $$' },
        ],
      },
    ],
  }
  expect(filled(spec).spec).toEqual(spec)
})

test('every name that nobody gives is told, with its place', () => {
  const spec = { name: '${NAME}', services: [{ name: 'web', envs: [{ key: 'A', value: '${MISSING}' }], image: { tag: '${TAG}' } }] }
  expect(() => filled(spec)).toThrow(
    /\$\{NAME\} \(name\), \$\{MISSING\} \(services\.web\.envs\.A\.value\), \$\{TAG\} \(services\.web\.image\.tag\)/,
  )
})

test('a variable of another component is no reference: without a dot it means nothing there', () => {
  const spec = {
    services: [
      { name: 'web', envs: [{ key: 'A', value: 'x' }] },
      { name: 'api', envs: [{ key: 'B', value: '${A}' }] },
    ],
  }
  expect(() => filled(spec)).toThrow(/\$\{A\} \(services\.api/)
})

test('two dollars are one, and what is in the braces stays', () => {
  expect(filled({ envs: [{ key: 'A', value: '$${NOT} ${YES}' }] }, { YES: '1' }).spec.envs).toEqual([{ key: 'A', value: '${NOT} 1' }])
})

test('what is no text for the API becomes a number or a boolean, and in variables never', () => {
  const spec = {
    databases: [{ production: '${P}' }],
    services: [{ name: 'w', instance_count: '${N}', envs: [{ key: 'N', value: '${N}' }] }],
  }
  expect(filled(spec, { N: '3', P: 'true' }).spec).toEqual({
    databases: [{ production: true }],
    services: [{ name: 'w', instance_count: 3, envs: [{ key: 'N', value: '3' }] }],
  })
})

test('names that nothing asks for are told', () => {
  expect(filled({ name: '${A}' }, { A: 'x', B: 'y' }).unused).toEqual(['B'])
})

test('a variable that names itself waits for a value, unless the app has one of its name', () => {
  const own = (envs: JsonObject[]) => ({ name: 'shop', envs, services: [{ name: 'web', envs: [{ key: 'DB_HOST', value: '${DB_HOST}' }] }] })
  expect(() => filled(own([]))).toThrow(/\$\{DB_HOST\} \(services\.web\.envs\.DB_HOST\.value\)/)
  expect(() => filled(own([{ key: 'DB_HOST', value: '${DB_HOST}' }]))).toThrow(/\$\{DB_HOST\} \(envs\.DB_HOST\.value\)/)
  expect(filled(own([{ key: 'DB_HOST', value: 'db' }])).spec).toEqual(own([{ key: 'DB_HOST', value: 'db' }]))
})
