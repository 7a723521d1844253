// A 2-legged client by openid-client: a token, what the server says of it, and what after it was revoked. Standard input is
// {"issuer", "client": an entry of sandbox.json, "scope"}, standard output {"token_type", "expires_in", "before", "after"}.
import { text } from 'node:stream/consumers'
import * as openid from 'openid-client'

const { issuer, client, scope } = JSON.parse(await text(process.stdin))
const config = await openid.discovery(new URL(issuer), client.client_id, undefined, openid.ClientSecretBasic(client.client_secret), {
  execute: [openid.allowInsecureRequests], // plain HTTP on loopback
})
const { access_token, token_type, expires_in } = await openid.clientCredentialsGrant(config, { scope })
const before = await openid.tokenIntrospection(config, access_token)
await openid.tokenRevocation(config, access_token)
const after = await openid.tokenIntrospection(config, access_token)
console.log(JSON.stringify({ token_type, expires_in, before, after }))
