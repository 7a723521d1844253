// Verifies a flattened JWS with the certificate in its x5c, and writes the payload.
import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { decodeProtectedHeader, flattenedVerify } from '../../../internal/e2e/testdata/peer/node_modules/jose/dist/webapi/index.js'

const jws = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const { x5c } = decodeProtectedHeader(jws)
const signer = new X509Certificate(Buffer.from(x5c[0], 'base64'))
const { payload } = await flattenedVerify(jws, signer.publicKey, { algorithms: ['ES256'] })
process.stdout.write(payload)
