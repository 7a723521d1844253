// Reads an answer of RFC 6960 with PKI.js: {response, certificates, issuer, roots} -> its status, whether the responder is one the
// issuer appointed, and for each certificate 0 (good), 1 (revoked), 2 (unknown) or -1 (not spoken of).
import * as pkijs from 'pkijs'
import { answer, base64, octets, question, said } from './ask.mjs'

const certificate = (der) => pkijs.Certificate.fromBER(octets(der))
const issuer = certificate(question.issuer)
const response = pkijs.OCSPResponse.fromBER(octets(question.response))
const result = { status: response.responseStatus.valueBlock.valueDec }

if (response.responseBytes) {
  const basic = pkijs.BasicOCSPResponse.fromBER(response.responseBytes.response.valueBlock.valueHexView)
  result.verified = await said(basic.verify({ trustedCerts: question.roots.map(certificate), issuerCerts: [issuer] }))
  result.certificates = []
  for (const der of question.certificates) {
    const { isForCertificate, status } = await basic.getCertificateStatus(certificate(der), issuer)
    result.certificates.push(isForCertificate ? status : -1)
  }
  const nonce = basic.tbsResponseData.responseExtensions?.find((e) => e.extnID === '1.3.6.1.5.5.7.48.1.2')
  result.nonce = nonce && base64(nonce.parsedValue?.valueBlock.valueHexView ?? nonce.extnValue.valueBlock.valueHexView)
  result.produced = basic.tbsResponseData.producedAt.toISOString()
}
answer(result)
