// An app that messages open, by openid-client (OpenID Connect Core §4), and a person who taps a link. Standard input holds what to do,
// standard output what came of it, both JSON:
//
//   {"issuer", "client": {"client_id", "initiate_login_uri", "redirect_uris"}, "from": the phone's address, "link", "scope"}
//
//   {"landed": where the person is in the end, "claims": of the ID token, "userinfo", "pages": how many were shown}
//   {"error"} where it went no further
import http from 'node:http'
import { text } from 'node:stream/consumers'
import * as openid from 'openid-client'
import { Browser } from './browser.mjs'

const job = JSON.parse(await text(process.stdin))
const result = {}
const home = new URL(job.client.initiate_login_uri)
const config = await openid.discovery(new URL(job.issuer), job.client.client_id, { id_token_signed_response_alg: 'ES256' }, openid.None(), {
  execute: [openid.allowInsecureRequests], // plain HTTP on loopback
})
let login

const app = http.createServer((request, response) => {
  const url = new URL(request.url, home.origin)
  const serve = { [home.pathname]: start, '/callback': callback }[url.pathname]
  Promise.resolve(serve(url)).then((location) => response.writeHead(303, { location }).end(), (error) => response.writeHead(400).end(String(error)))
})
await new Promise((resolve) => app.listen(home.port, home.hostname, resolve))

// start is the initiate_login_uri.
async function start(url) {
  const target = new URL(url.searchParams.get('target_link_uri'))
  if (url.searchParams.get('iss') !== config.serverMetadata().issuer) throw new Error('another provider')
  if (target.origin !== home.origin) throw new Error('another site')
  login = { target, verifier: openid.randomPKCECodeVerifier(), state: openid.randomState(), nonce: openid.randomNonce() }
  login.request = openid.buildAuthorizationUrl(config, {
    redirect_uri: job.client.redirect_uris[0], scope: job.scope, state: login.state, nonce: login.nonce, login_hint: url.searchParams.get('login_hint'),
    code_challenge: await openid.calculatePKCECodeChallenge(login.verifier), code_challenge_method: 'S256',
  }).href
  return login.request
}

async function callback(url) {
  if (url.searchParams.get('error') === 'temporarily_unavailable') { // a server that stood still asks for it
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return login.request
  }
  const tokens = await openid.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: login.verifier, expectedState: login.state, expectedNonce: login.nonce, idTokenExpected: true,
  })
  result.claims = tokens.claims()
  result.userinfo = await openid.fetchUserInfo(config, tokens.access_token, result.claims.sub)
  return login.target.href
}

const browser = new Browser(job.from)
try {
  result.landed = await browser.walk(new URL(job.link), job.target)
} catch (error) {
  result.error = error.message
}
result.pages = browser.pages
app.close()
console.log(JSON.stringify(result))
