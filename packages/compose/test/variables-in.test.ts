import { variablesIn } from '@deploy-actions/compose'
import { expect, test } from '@jest/globals'

test('every variable that a text names is found, with what stands there without a value', () => {
  expect(variablesIn('a $ONE ${TWO:-x${THREE}} ${FOUR:?needed} $$FIVE ${SIX+y} ${7} $')).toEqual([
    { name: 'ONE' },
    { name: 'TWO', fallback: 'x${THREE}' },
    { name: 'THREE' },
    { name: 'FOUR' },
    { name: 'SIX', fallback: '' },
  ])
})
