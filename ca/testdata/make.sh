#!/bin/sh
# Makes subjects.txt anew with OpenSSL 3.0: a line per case of TestGoldenSubjects, its name and the subject's DER in hex.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n' > "$work/config"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"

# hmac HEXKEY TEXT
hmac() { printf %s "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= //'; }
# serial PROFILE: that of the tenure at bank.example, under the key of the tests
serial() {
  secret=$(printf %s 0123456789abcdef0123456789abcdef | od -An -tx1 -v | tr -d ' \n')
  inner=$(hmac "$secret" "${#1}:$1bank.example")
  hmac "$inner" ten_00000000000000000000000000 | cut -c 1-32
}
# subject CASE SUBJ
subject() {
  openssl req -new -utf8 -config "$work/config" -key "$work/key" -outform DER -out "$work/csr" -subj "$2"
  at=$(openssl asn1parse -inform DER -in "$work/csr" | grep ':d=2 .*SEQUENCE' | head -n 1)
  offset=$(echo "$at" | sed 's/ *\([0-9]*\):.*/\1/')
  header=$(echo "$at" | sed 's/.*hl= *\([0-9]*\).*/\1/')
  length=$(echo "$at" | sed 's/.* l= *\([0-9]*\).*/\1/')
  printf '%s %s\n' "$1" "$(tail -c +$((offset + 1)) "$work/csr" | head -c $((header + length)) | od -An -tx1 -v | tr -d ' \n')"
}

organisation='/C=CN/ST=广东省/L=深圳市/O=示例科技有限公司/organizationIdentifier=NTRCN-91440300MA5/OU=财务部/CN=示例科技有限公司 印章'
{
  for p in bank-sim bank-sim-document bank-sim-login; do subject $p "/C=CN/O=示例银行/CN=王小明/serialNumber=$(serial $p)"; done
  subject bank-sim-punctuation "/C=CN/CN=O'Brien \"Bob\", & Söhne; 𠮷工作室/serialNumber=$(serial bank-sim)"
  for p in eid eid-login eid-transaction; do subject $p "/C=CN/SN=王/GN=小明/CN=王小明/serialNumber=$(serial $p)"; done
  subject eid-pseudonym "/C=CN/pseudonym=笔名/CN=笔名/serialNumber=$(serial eid)"
  for p in encryption enterprise-document enterprise-login enterprise-transaction; do subject $p "$organisation/serialNumber=$(serial $p)"; done
  subject enterprise "$organisation"
  for p in ocsp timestamp; do subject $p '/C=CN/O=示例银行/CN=签发 单元'; done
  subject tls-client '/C=CN/O=示例银行/OU=财务部/CN=报表'
  subject tls-server '/CN=a.example'
  subject tls-server-nameless /
} > subjects.txt
