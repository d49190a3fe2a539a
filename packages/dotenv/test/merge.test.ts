import { expect, test } from '@jest/globals'
import { mergeDotEnv, parseComposeEnvFile, parseEnvFile } from '../src/index.ts'

test("the runner's lines win, the host's fill in, COMPOSE_* comes from the runner only", () => {
  const merged = mergeDotEnv('TAG=2\nCOMPOSE_PROFILES=web\n', 'TAG=1\nPASSWORD=p\nCOMPOSE_FILE=other.yaml\nCOMPOSE_PROFILES=all\n')
  expect(merged.text).toBe('TAG=2\nCOMPOSE_PROFILES=web\nPASSWORD=p\n')
  expect(merged).toMatchObject({ fromRunner: ['COMPOSE_PROFILES', 'TAG'], fromHost: ['PASSWORD'] })
})

test('lines stay verbatim: quotes, values over several lines, comments, inherited names, a missing last line end', () => {
  const runner = "# ours\nA = 'x'  # why\nINHERITED\n\n# end"
  const host = '# key of the host\nKEY="-----BEGIN\n$NOT a line of its own=1\n-----END"\nexport B=1'
  expect(mergeDotEnv(runner, host).text).toBe(
    '# ours\nA = \'x\'  # why\nINHERITED\n# key of the host\nKEY="-----BEGIN\n$NOT a line of its own=1\n-----END"\nexport B=1\n\n# end',
  )
})

test('a line of the host stands before the first line of the runner that refers to it', () => {
  const merged = mergeDotEnv('TAG=2\nURL=http://${NAME}:80\n', 'IP=10.0.0.1\nNAME=$IP.example\nIMAGE=app:$TAG\n')
  expect(Object.fromEntries(parseComposeEnvFile(merged.text))).toEqual({
    TAG: '2',
    IP: '10.0.0.1',
    NAME: '10.0.0.1.example',
    URL: 'http://10.0.0.1.example:80',
    IMAGE: 'app:2',
  })
})

test('a line that refers to itself or round in circles is written once', () => {
  expect(mergeDotEnv('R=$A\n', 'A=$B\nB=$A\nPATH=$PATH:/x\n').text).toBe('B=$A\nA=$B\nR=$A\nPATH=$PATH:/x\n')
})

test('every text of a parsed file, joined, is the file', () => {
  const text = '\n# a\nA=\'1\' B=2\nexport C="x\ny" # z\n  \nD\n# end'
  const file = parseEnvFile(text)
  expect(file.statements.map((statement) => statement.text).join('') + file.rest).toBe(text)
  expect(file.statements.map(({ key, inherited, quote, raw }) => ({ key, inherited, quote, raw }))).toEqual([
    { key: 'A', inherited: false, quote: "'", raw: '1' },
    { key: 'B', inherited: false, quote: '', raw: '2' },
    { key: 'C', inherited: false, quote: '"', raw: 'x\ny' },
    { key: 'D', inherited: true, quote: '', raw: '' },
  ])
})

test('a broken file is named as the one of the host', () => {
  expect(() => mergeDotEnv('A=1\n', 'B="\n')).toThrow('line 1 of the .env file of the host')
})
