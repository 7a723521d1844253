// One login by openid-client, as a relying party would do it. Standard input holds what to do, standard output what came of it, both
// JSON:
//
//   {"issuer", "client": an entry of sandbox.json, "from": the phone's address, "scope", "prompt", "press": "allow" or "deny",
//    "number": verify this one afterwards, "resume": the "login" of an earlier run, to redeem its code again}
//
//   {"login", "audience": that of the client assertion, "claims": of the ID token, "userinfo", "verify", "pages": how many were shown}
//   {"login", "error", "status"} where the provider answered with an OAuth error
//
// The person's browser speaks from the phone's address and keeps cookies; the relying party's own requests come from elsewhere.
import http from 'node:http'
import { text } from 'node:stream/consumers'
import * as openid from 'openid-client'

const job = JSON.parse(await text(process.stdin))
const result = {}

const metadata = { id_token_signed_response_alg: 'ES256' }
const config = await openid.discovery(new URL(job.issuer), job.client.client_id, metadata, await authentication(job.client), {
  execute: [openid.allowInsecureRequests], // plain HTTP on loopback
})

try {
  const login = job.resume ?? await authorize()
  result.login = login
  await redeem(login)
} catch (error) {
  if (!(error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError)) throw error
  result.error = error.error
  result.status = error.status
}
console.log(JSON.stringify(result))

async function authentication(client) {
  if (client.auth_method !== 'private_key_jwt') return openid.None()
  const jwk = client.jwks.keys[0]
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: jwk.crv }, false, ['sign'])
  return openid.PrivateKeyJwt({ key, kid: jwk.kid }, {
    [openid.modifyAssertion]: (_header, payload) => { result.audience = payload.aud },
  })
}

// authorize walks the person's browser from the authorization request to the redirect URI.
async function authorize() {
  const login = { verifier: openid.randomPKCECodeVerifier(), state: openid.randomState(), nonce: openid.randomNonce() }
  const parameters = {
    redirect_uri: job.client.redirect_uris.at(-1),
    scope: job.scope,
    state: login.state,
    nonce: login.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(login.verifier),
    code_challenge_method: 'S256',
  }
  if (job.prompt) parameters.prompt = job.prompt
  login.callback = await walk(openid.buildAuthorizationUrl(config, parameters), parameters.redirect_uri)
  return login
}

async function redeem(login) {
  const tokens = await openid.authorizationCodeGrant(config, new URL(login.callback), {
    pkceCodeVerifier: login.verifier, expectedState: login.state, expectedNonce: login.nonce, idTokenExpected: true,
  })
  result.claims = tokens.claims()
  result.access_token = tokens.access_token
  if (job.number) {
    const url = new URL('/number-verification/v2/verify', job.issuer)
    const answer = await openid.fetchProtectedResource(config, tokens.access_token, url, 'POST',
      JSON.stringify({ phoneNumber: job.number }), new Headers({ 'content-type': 'application/json' }))
    result.verify = await answer.json()
  } else {
    result.userinfo = await openid.fetchUserInfo(config, tokens.access_token, result.claims.sub)
  }
}

// walk follows redirects and answers forms until the browser is sent to the target, and returns that URL.
async function walk(url, target) {
  const jar = new Map()
  result.pages = 0
  let step = { url, method: 'GET' }
  for (let hops = 0; hops < 5; hops++) {
    const page = await browse(step, jar)
    if (page.location) {
      const next = new URL(page.location, step.url)
      if (next.href.startsWith(target)) return next.href
      step = { url: next, method: 'GET' }
    } else if (page.status === 200) {
      result.pages++
      step = submit(page.body, step.url)
    } else {
      throw new Error(`${step.method} ${step.url}: ${page.status}\n${page.body}`)
    }
  }
  throw new Error('the login goes round in circles')
}

function browse({ url, method, body }, jar) {
  const headers = { 'accept-language': 'en', cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
  if (body) Object.assign(headers, { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin })
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, localAddress: job.from, agent: false }, async (response) => {
      for (const cookie of response.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)
        jar.set(name, value)
      }
      resolve({ status: response.statusCode, location: response.headers.location, body: await text(response) })
    })
    request.on('error', reject)
    request.end(body)
  })
}

// submit fills in the one form of a page and presses the button that the job names, as a browser without scripts would.
function submit(html, base) {
  const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(html)
  const fields = new URLSearchParams()
  for (const [, input] of form[2].matchAll(/<input\b([^>]*)>/g)) fields.append(attribute(input, 'name'), attribute(input, 'value'))
  const buttons = [...form[2].matchAll(/<button\b([^>]*)>/g)].map(([, button]) => button)
  const pressed = buttons.find((button) => attribute(button, 'value') === (job.press ?? 'allow'))
  fields.append(attribute(pressed, 'name'), attribute(pressed, 'value'))
  return { url: new URL(attribute(form[1], 'action'), base), method: attribute(form[1], 'method').toUpperCase(), body: fields.toString() }
}

function attribute(tag, name) {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)
  return found[1].replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
