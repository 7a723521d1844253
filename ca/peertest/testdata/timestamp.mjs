// Reads an answer of RFC 3161 with PKI.js: {response, data, roots, at} -> its status and what the token says. PKI.js holds the imprint
// against the data itself.
import * as pkijs from 'pkijs'
import { answer, base64, octets, question, said } from './ask.mjs'

const response = pkijs.TimeStampResp.fromBER(octets(question.response))
const result = { status: response.status.status }

if (response.timeStampToken) {
  const signed = new pkijs.SignedData({ schema: response.timeStampToken.content })
  const info = pkijs.TSTInfo.fromBER(signed.encapContentInfo.eContent.getValue())
  result.verified = await said(response.verify({
    signer: 0, data: octets(question.data).buffer, checkChain: true, checkDate: new Date(question.at),
    trustedCerts: question.roots.map((der) => pkijs.Certificate.fromBER(octets(der))),
  }))
  result.policy = info.policy
  result.serial = base64(info.serialNumber.valueBlock.valueHexView)
  result.time = info.genTime.toISOString()
  result.seconds = info.accuracy?.seconds ?? 0
  result.nonce = info.nonce && base64(info.nonce.valueBlock.valueHexView)
}
answer(result)
