// Opens an enveloped SM2 key (GB/T 35276) with sm-crypto: {envelope, key} -> the public half of what is in it, computed from the
// private one, and the public half that the envelope names. The key that opens it is the private value, 32 octets; one that does not
// open it leads to nothing.
import * as asn1js from 'asn1js'
import sm from 'sm-crypto'
import { answer, base64, octets, question } from './ask.mjs'

const hex = (octets) => Buffer.from(octets).toString('hex')
const content = (v) => v.valueBlock.valueHexView
const number = (v) => hex(content(v)).padStart(64, '0').slice(-64) // without the octet that keeps it positive

const [algorithm, sealed, named, locked] = asn1js.fromBER(octets(question.envelope)).result.valueBlock.value
const [x, y, hash, cipher] = sealed.valueBlock.value
const secret = sm.sm2.doDecrypt(number(x) + number(y) + hex(content(hash)) + hex(content(cipher)), hex(octets(question.key)), 1, { output: 'array' })

const result = { algorithm: algorithm.valueBlock.value[0].getValue(), named: base64(content(named)) }
if (secret.length > 0) {
  const key = sm.sm4.decrypt(Array.from(content(locked)), secret, { padding: 'none', output: 'array' })
  result.opened = base64(Buffer.from(sm.sm2.getPublicKeyFromPrivateKey(hex(key)), 'hex'))
}
answer(result)
