#!/bin/sh
# Makes the requests in this folder anew with OpenSSL 3.0. The keys are thrown away.
set -eu
cd "$(dirname "$0")"
key=$(mktemp)
trap 'rm -f "$key"' EXIT
ec() { openssl ecparam -name "$1" -genkey -noout -out "$key"; }
rsa() { openssl genrsa -out "$key" "$1" 2>/dev/null; }
req() { out=$1; shift; openssl req -new -utf8 -key "$key" -outform DER -out "$out.csr" "$@"; }

ec prime256v1
req p256 -sha256 -subj '/C=CN/O=示例银行股份有限公司/CN=张三' \
  -addext 'subjectAltName=DNS:bank.example.cn,email:zhang@example.cn,URI:https://bank.example.cn/u/1,IP:192.0.2.7,IP:2001:db8::7,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:zhang@corp.example.cn,otherName:1.2.3.4;UTF8:other,RID:1.2.3.5' \
  -addext 'keyUsage=critical,digitalSignature,nonRepudiation' -addext 'extendedKeyUsage=clientAuth' \
  -addext 'basicConstraints=CA:FALSE' -addext 'subjectKeyIdentifier=hash'
req ca_true -sha256 -subj /CN=ca -addext 'basicConstraints=critical,CA:TRUE'
req cert_sign -sha256 -subj /CN=ca -addext 'keyUsage=keyCertSign'
req crl_sign -sha256 -subj /CN=ca -addext 'keyUsage=critical,digitalSignature,cRLSign'
req name_constraints -sha256 -subj /CN=ca -addext 'nameConstraints=permitted;DNS:example.cn'
req unknown_critical -sha256 -subj /CN=x -addext '1.2.3.4=critical,ASN1:UTF8String:x'
req unknown -sha256 -subj /CN=x -addext '1.2.3.4=ASN1:UTF8String:x'
req foreign_key_id -sha256 -subj /CN=x -addext 'subjectKeyIdentifier=0102030405060708090a0b0c0d0e0f1011121314'
req sha1 -sha1 -subj /CN=x
req template -sha256 -subj '/CN={{ .Token }}'
req empty -sha256 -subj /
ec secp384r1
req p384 -sha384 -subj /CN=p384
ec secp224r1
req p224 -sha256 -subj /CN=p224
ec secp521r1
req p521 -sha512 -subj /CN=p521
ec secp256k1
req secp256k1 -sha256 -subj /CN=secp256k1
openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out "$key"
req explicit_curve -sha256 -subj /CN=explicit
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -conv_form compressed -out "$key" 2>/dev/null
req compressed_point -sha256 -subj /CN=compressed
openssl genpkey -algorithm ed25519 -out "$key"
req ed25519 -subj /CN=ed25519
rsa 2048
req rsa2048 -sha256 -subj /CN=rsa
req rsa_pss -sha256 -subj /CN=pss -sigopt rsa_padding_mode:pss
rsa 1024
req rsa1024 -sha256 -subj /CN=rsa
rsa 4096
req rsa4096 -sha512 -subj /CN=rsa
rsa 4104
req rsa4104 -sha256 -subj /CN=rsa
openssl genrsa -3 -out "$key" 2048 2>/dev/null
req rsa_e3 -sha256 -subj /CN=rsa
ec SM2
req sm2 -sm3 -sigopt distid:1234567812345678 -subj '/C=CN/CN=李四'
req sm2_other_id -sm3 -sigopt distid:ALICE123@YAHOO.COM -subj '/CN=李四'
req sm2_no_id -sm3 -subj '/CN=李四'
