// Reads qualified certificate statements with @peculiar/asn1-x509-qualified(-etsi): {extension} -> what each statement says, by the
// last arc of its identifier, and whether it encodes them in the same octets.
import { AsnConvert } from '@peculiar/asn1-schema'
import { QCStatements } from '@peculiar/asn1-x509-qualified'
import * as etsi from '@peculiar/asn1-x509-qualified-etsi'
import { answer, octets, question } from './ask.mjs'

const kinds = {
  [etsi.id_etsi_qcs_qcLimitValue]: etsi.QcEuLimitValue,
  [etsi.id_etsi_qcs_qcRetentionPeriod]: etsi.QcEuRetentionPeriod,
  [etsi.id_etsi_qcs_qcPDS]: etsi.QcEuPDS,
  [etsi.id_etsi_qcs_qcType]: etsi.QcType,
  [etsi.id_etsi_qcs_qcCClegislation]: etsi.QcCClegislation,
}

const statements = {}
let same = true
for (const { statementId, statementInfo } of AsnConvert.parse(octets(question.extension), QCStatements)) {
  const arc = statementId.split('.').at(-1)
  statements[arc] = true
  if (statementInfo?.byteLength) {
    statements[arc] = AsnConvert.parse(statementInfo, kinds[statementId])
    same &&= Buffer.from(AsnConvert.serialize(statements[arc])).equals(Buffer.from(statementInfo))
  }
}
answer({ statements, same })
