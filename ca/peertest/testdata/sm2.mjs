// Verifies SM2 signatures with sm-crypto: {signed: [...], signers: [...], identity} -> for each signed certificate, list or request
// whether it verifies under the key of the signer beside it. Without signed it makes a key and answers a request for a certificate
// that names nobody.
import * as asn1js from 'asn1js'
import { sm2 } from 'sm-crypto'
import { answer, base64, octets, question } from './ask.mjs'

const hex = (octets) => Buffer.from(octets).toString('hex')

// parts are what is signed, the algorithm and the signature.
const parts = (der) => asn1js.fromBER(octets(der)).result.valueBlock.value

// keyOf looks for the key, a sequence of algorithm and bits, in a certificate or a request.
function keyOf(der) {
  const fields = parts(der)[0].valueBlock.value
  const key = fields.find((f) => f.valueBlock.value?.length === 2 && f.valueBlock.value[1] instanceof asn1js.BitString)
  return hex(key.valueBlock.value[1].valueBlock.valueHexView)
}

function verifies(der, signer) {
  const [tbs, algorithm, signature] = parts(der)
  return algorithm.valueBlock.value[0].getValue() === '1.2.156.10197.1.501' &&
    sm2.doVerifySignature(tbs.valueBeforeDecodeView, hex(signature.valueBlock.valueHexView), keyOf(signer),
      { der: true, hash: true, userId: question.identity })
}

function request() {
  const oid = (value) => new asn1js.ObjectIdentifier({ value })
  const sequence = (...value) => new asn1js.Sequence({ value })
  const bits = (hex) => new asn1js.BitString({ valueHex: Uint8Array.from(Buffer.from(hex, 'hex')).buffer })
  const key = sm2.generateKeyPairHex()
  const info = sequence(new asn1js.Integer({ value: 0 }), sequence(),
    sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.156.10197.1.301')), bits(key.publicKey)),
    new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [] }))
  const signature = sm2.doSignature(new Uint8Array(info.toBER()), key.privateKey,
    { der: true, hash: true, publicKey: key.publicKey, userId: question.identity })
  return sequence(info, sequence(oid('1.2.156.10197.1.501')), bits(signature)).toBER()
}

answer(question.signed ? { verified: question.signed.map((der, i) => verifies(der, question.signers[i])) } : { request: base64(request()) })
