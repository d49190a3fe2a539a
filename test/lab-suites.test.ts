import { expect, test } from '@jest/globals'
import { labSuites, suitesOfTheDay } from './lab-suites.mjs'
import { root } from './repository.ts'

const on = (day: number) => suitesOfTheDay(root, { all: false, date: new Date(Date.UTC(2026, 10, day)) })

test('within any week every suite of the lab has its turn, and each is counted once on every day', () => {
  for (let monday = 1; monday <= 60; monday++) {
    const played = new Set<string>()
    for (let day = monday; day < monday + 7; day++) {
      const { load, others, anotherDay } = on(day)
      expect([...load, ...others, ...anotherDay].sort()).toEqual(labSuites(root))
      for (const file of [...load, ...others]) played.add(file)
    }
    expect(labSuites(root).filter((file) => !played.has(file))).toEqual([])
  }
})

test('what proves the promises is played every day', () => {
  const everyDay = [1, 2, 3, 4, 5].map((day) => [...on(day).load, ...on(day).others])
  for (const name of ['deploys-debian.load', 'fleet.load', 'kill-sample.load', 'two-deploys.load', 'secrets', 'refusals'])
    for (const files of everyDay) expect(files).toContain(`test/lab/${name}.lab.test.ts`)
})

test('LAB_FULL plays all', () => {
  const { load, others, anotherDay } = suitesOfTheDay(root, { all: true })
  expect([[...load, ...others].sort(), anotherDay]).toEqual([labSuites(root), []])
})
