// Reads a certificate with @peculiar/x509 and PKI.js: {certificate, chain, roots, lists, at} -> whether @peculiar/x509 verifies its
// signature under the first of the chain, whether PKI.js finds a way to a root and nothing in the lists, and what it says.
import { AsnConvert } from '@peculiar/asn1-schema'
import { QCStatements } from '@peculiar/asn1-x509-qualified'
import * as etsi from '@peculiar/asn1-x509-qualified-etsi'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import * as pkijs from 'pkijs'
import { answer, octets, question, said } from './ask.mjs'

const at = new Date(question.at)
const leaf = new x509.X509Certificate(octets(question.certificate))
const issuer = new x509.X509Certificate(octets(question.chain[0]))

const parse = (der) => pkijs.Certificate.fromBER(octets(der))
const engine = new pkijs.CertificateChainValidationEngine({
  trustedCerts: question.roots.map(parse),
  certs: [...question.chain.toReversed(), question.certificate].map(parse), // it judges the last
  crls: (question.lists ?? []).map((der) => pkijs.CertificateRevocationList.fromBER(octets(der))),
  checkDate: at,
})
const path = await engine.verify()

const kinds = {
  [etsi.id_etsi_qcs_qcLimitValue]: etsi.QcEuLimitValue,
  [etsi.id_etsi_qcs_qcPDS]: etsi.QcEuPDS,
  [etsi.id_etsi_qcs_qcType]: etsi.QcType,
}
const qualified = leaf.getExtension('1.3.6.1.5.5.7.1.3')
const statements = {}
for (const { statementId, statementInfo } of qualified ? AsnConvert.parse(qualified.value, QCStatements) : []) {
  statements[statementId] = statementInfo?.byteLength ? AsnConvert.parse(statementInfo, kinds[statementId]) : true
}

answer({
  verified: await said(leaf.verify({ publicKey: issuer.publicKey, date: at })),
  path: path.result || path.resultMessage,
  subject: leaf.subjectName.toJSON(),
  usages: leaf.getExtension(x509.KeyUsagesExtension).usages,
  statements,
  statementsInPath: parse(question.certificate).extensions.find((e) => e.extnID === '1.3.6.1.5.5.7.1.3')?.parsedValue.values.map((s) => s.id),
})
