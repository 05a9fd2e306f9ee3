import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../kernel/index.ts'
import { createSignInLimits } from './sign-in-limits.ts'

const wrong = async () => {
  throw new AppError('access.invalid_credentials', {})
}
const right = async () => 'in'
const tooMany = { key: 'access.too_many_attempts' }
const refused = { key: 'access.invalid_credentials' }

function setUp({ failures = 3, known = [] as string[] } = {}) {
  const time = { ms: 1_000_000 }
  const limits = createSignInLimits({
    clock: { now: () => time.ms },
    failures,
    isKnown: async ({ username, network }) => known.includes(`${username}@${network}`),
  })
  return { limits, time }
}

test('failures of one user from one network are free at first, then each one waits twice as long', async () => {
  const { limits, time } = setUp()
  const ada = { username: 'ada', network: '192.0.2.1' }
  for (let n = 0; n < 3; n++) await assert.rejects(limits.password(ada, wrong), refused)
  for (const waitSeconds of [1, 2, 4, 8]) {
    await assert.rejects(limits.password(ada, right), (error: AppError) => {
      assert.equal(error.key, 'access.too_many_attempts')
      assert.equal(error.params.retryAfterSeconds, waitSeconds)
      return true
    })
    time.ms += waitSeconds * 1000
    await assert.rejects(limits.password(ada, wrong), refused)
  }
})

test('what is refused is not checked, whether it is right or wrong', async () => {
  const { limits } = setUp({ failures: 1 })
  const ada = { username: 'ada', network: '192.0.2.1' }
  await assert.rejects(limits.password(ada, wrong), refused)
  let checks = 0
  await assert.rejects(
    limits.password(ada, async () => checks++),
    tooMany,
  )
  assert.equal(checks, 0)
})

test('the case of a name makes no new name', async () => {
  const { limits } = setUp({ failures: 1 })
  await assert.rejects(limits.password({ username: 'ada', network: 'a' }, wrong), refused)
  await assert.rejects(limits.password({ username: 'ADA', network: 'a' }, right), tooMany)
})

test('a right password makes the failures before it forgotten', async () => {
  const { limits } = setUp()
  const ada = { username: 'ada', network: '192.0.2.1' }
  for (let round = 0; round < 5; round++) {
    for (let n = 0; n < 2; n++) await assert.rejects(limits.password(ada, wrong), refused)
    assert.equal(await limits.password(ada, right), 'in')
  }
})

test('attempts that come together are no more than may fail', async () => {
  const { limits } = setUp()
  let checks = 0
  const attempts = Array.from({ length: 30 }, () =>
    limits.password({ username: 'ada', network: 'a' }, async () => {
      checks++
      return wrong()
    }),
  )
  await Promise.allSettled(attempts)
  assert.equal(checks, 3)
})

test('a program whose attempts come together and are right is let in with all of them', async () => {
  const { limits } = setUp()
  const attempts = Array.from({ length: 100 }, () =>
    limits.password({ username: 'ada', network: 'a' }, right),
  )
  assert.deepEqual(new Set(await Promise.all(attempts)), new Set(['in']))
})

test('one network that tries many users waits, and others do not', async () => {
  const { limits } = setUp()
  for (let n = 0; n < 30; n++)
    await assert.rejects(limits.password({ username: `user${n}`, network: 'a' }, wrong), refused)
  await assert.rejects(limits.password({ username: 'user99', network: 'a' }, right), tooMany)
  assert.equal(await limits.password({ username: 'user99', network: 'b' }, right), 'in')
})

test('an account that is attacked from everywhere stays open from where its owner is known, and within a minute elsewhere', async () => {
  const { limits, time } = setUp({ known: ['ada@home'] })
  assert.equal(await limits.password({ username: 'ada', network: 'office' }, right), 'in')
  for (let n = 0; n < 60; n++) {
    await assert.rejects(limits.password({ username: 'ada', network: `bot${n}` }, wrong))
    time.ms += n < 40 ? 0 : 60_000
  }
  await assert.rejects(limits.password({ username: 'ada', network: 'bot99' }, wrong), refused)
  await assert.rejects(limits.password({ username: 'ada', network: 'cafe' }, right), tooMany)
  assert.equal(await limits.password({ username: 'ada', network: 'home' }, right), 'in')
  assert.equal(await limits.password({ username: 'ada', network: 'office' }, right), 'in')
  time.ms += 60_000
  assert.equal(await limits.password({ username: 'ada', network: 'cafe' }, right), 'in')
})

test('wrong keys wait, right ones never do', async () => {
  const { limits } = setUp()
  for (let n = 0; n < 30; n++) await assert.rejects(limits.key('a', wrong), refused)
  await assert.rejects(limits.key('a', wrong), tooMany)
  assert.equal(await limits.key('a', right), 'in')
})

test('what fails for another reason is not counted', async () => {
  const { limits } = setUp({ failures: 1 })
  const broken = async () => {
    throw new Error('the database is away')
  }
  for (let n = 0; n < 5; n++)
    await assert.rejects(limits.password({ username: 'ada', network: 'a' }, broken), /away/)
  assert.equal(await limits.password({ username: 'ada', network: 'a' }, right), 'in')
})

test('of one network few passwords are checked at once, under whatever names', async () => {
  const { limits } = setUp({ failures: 10 })
  let [running, most] = [0, 0]
  const attempts = Array.from({ length: 150 }, (_, n) =>
    limits.password({ username: `name${n}`, network: '192.0.2.1' }, async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return wrong()
    }),
  )
  // Another network does not wait for them.
  assert.equal(await limits.password({ username: 'ada', network: '192.0.2.2' }, right), 'in')
  const outcomes = await Promise.allSettled(attempts)
  assert.equal(most, 4)
  const keys = outcomes.map((one) => (one.status === 'rejected' ? one.reason.key : 'in'))
  // The first hundred fail, as many as one place may try; the others are not checked.
  assert.ok(keys.filter((key) => key === refused.key).length <= 104)
  assert.ok(keys.filter((key) => key === tooMany.key).length >= 46)
})

test('who has been in does not line up behind those who try names', async () => {
  const { limits } = setUp({ failures: 10 })
  const ada = { username: 'ada', network: '192.0.2.1' }
  await limits.password(ada, right)
  let letGo = () => {}
  const stuck = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const others = Array.from({ length: 20 }, (_, n) =>
    limits.password({ username: `name${n}`, network: ada.network }, () => stuck.then(wrong)),
  )
  assert.equal(await limits.password(ada, right), 'in')
  letGo()
  await Promise.allSettled(others)
})
