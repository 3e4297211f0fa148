import { Person } from './api'
import { test } from './fixtures'
import { mailTo } from './mail'
import { showcase } from './showcase'
test('ground', async () => {
  const t0 = Date.now()
  const show = await showcase()
  console.log('showcase', Date.now() - t0, show.invitation)
  const email = `x-${Date.now()}@example.com`
  await show.shop.invite(email, 'viewer')
  console.log(await mailTo(email))
  void Person
  const response = await fetch(process.env.X ?? (await import('./world')).world().apiUrl + '/login')
  console.log(response.status)
})
