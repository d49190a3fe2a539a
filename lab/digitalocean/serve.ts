// A fake of DigitalOcean's API to talk to by hand or with an official client: npm run fake:digitalocean -- [port]
import { FakeDigitalOcean } from './fake.ts'

const fake = await FakeDigitalOcean.open({ port: Number(process.argv[2] ?? 4020), tick: Number(process.env.TICK_MS ?? 0) })
console.log(`DigitalOcean's API (fake): ${fake.url}, token do-token`)
console.log(`doctl: DIGITALOCEAN_API_URL=${fake.url} DIGITALOCEAN_ACCESS_TOKEN=do-token doctl apps list`)

let told = 0
setInterval(() => {
  for (const { method, path, status } of fake.heard.slice(told)) console.log(`${status} ${method} ${path}`)
  told = fake.heard.length
  for (const violation of fake.violations.splice(0)) console.log(`BREAKS THE SCHEMA: ${violation}`)
}, 500)
