// A person's browser without scripts, on the phone with an address: it keeps cookies, follows redirects, and presses one button on each page.
import http from 'node:http'
import { text } from 'node:stream/consumers'

export class Browser {
  pages = 0
  #jar = new Map()
  #from
  #press

  constructor(from, press = 'allow') {
    this.#from = from
    this.#press = press
  }

  // walk goes on until it is sent to a URL that begins with target, and returns that.
  async walk(url, target) {
    this.pages = 0
    let step = { url, method: 'GET' }
    for (let hops = 0; hops < 10; hops++) {
      const page = await this.#browse(step)
      if (page.location) {
        const next = new URL(page.location, step.url)
        if (next.href.startsWith(target)) return next.href
        step = { url: next, method: 'GET' }
      } else if (page.status === 200) {
        this.pages++
        step = this.#submit(page.body, step.url)
      } else {
        throw new Error(`${step.method} ${step.url}: ${page.status}\n${page.body}`)
      }
    }
    throw new Error('it goes round in circles')
  }

  #browse({ url, method, body }) {
    const headers = { 'accept-language': 'en', cookie: [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ') }
    if (method === 'POST') Object.assign(headers, { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin })
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method, headers, localAddress: this.#from, agent: false }, async (response) => {
        for (const cookie of response.headers['set-cookie'] ?? []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)
          this.#jar.set(name, value)
        }
        resolve({ status: response.statusCode, location: response.headers.location, body: await text(response) })
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  // submit fills in the one form of a page and presses the button with the value, or the only one that there is.
  #submit(html, base) {
    const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(html)
    const fields = new URLSearchParams()
    for (const [, input] of form[2].matchAll(/<input\b([^>]*)>/g)) fields.append(attribute(input, 'name'), attribute(input, 'value'))
    const buttons = [...form[2].matchAll(/<button\b([^>]*)>/g)].map(([, button]) => button)
    const pressed = buttons.length === 1 ? buttons[0] : buttons.find((button) => attribute(button, 'value') === this.#press)
    if (attribute(pressed, 'name')) fields.append(attribute(pressed, 'name'), attribute(pressed, 'value'))
    return { url: new URL(attribute(form[1], 'action'), base), method: attribute(form[1], 'method').toUpperCase(), body: fields.toString() }
  }
}

function attribute(tag, name) {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)
  return found?.[1].replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
