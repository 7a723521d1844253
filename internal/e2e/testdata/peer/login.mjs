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
import { text } from 'node:stream/consumers'
import * as openid from 'openid-client'
import { Browser } from './browser.mjs'

const job = JSON.parse(await text(process.stdin))
const result = {}
const browser = new Browser(job.from, job.press)

const metadata = { id_token_signed_response_alg: 'ES256' }
const config = await openid.discovery(new URL(job.issuer), job.client.client_id, metadata, await authentication(job.client), {
  execute: [openid.allowInsecureRequests], // plain HTTP on loopback
})

for (let tries = 0; tries < 50; tries++) {
  delete result.error
  delete result.status
  try {
    const login = job.resume ?? await authorize()
    result.login = login
    await redeem(login)
  } catch (error) {
    if (!(error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError)) throw error
    result.error = error.error
    result.status = error.status
  }
  if (result.error !== 'temporarily_unavailable') break
  await new Promise((resolve) => setTimeout(resolve, 200)) // a server that stood still asks for it
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
  login.callback = await browser.walk(openid.buildAuthorizationUrl(config, parameters), parameters.redirect_uri)
  result.pages = browser.pages
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
