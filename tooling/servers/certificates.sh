#!/usr/bin/env bash
# Makes the certificates that the tests of TLS use, good ones and bad ones, in the directory that is given:
#
#   tooling/servers/certificates.sh /tmp/certificates
#
# All keys are in the clear but *-encrypted.key and client.p12, whose passphrase is "petrel".
set -euo pipefail

mkdir -p "$1"
cd "$1"
umask 077

cat >openssl.cnf <<'CONFIG'
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = issued
serial = serial
unique_subject = no
default_md = sha256
default_days = 3650
default_crl_days = 3650
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority_certificate]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[wrong_host]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:broker.example, DNS:*.broker.example
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
CONFIG
mkdir -p issued
: >index.txt
echo 1000 >serial

key() { # NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}
self_signed() { # NAME EXTENSIONS COMMON_NAME
  key "$1"
  openssl req -x509 -new -key "$1.key" -out "$1.pem" -days 3650 -subj "/CN=$3" -config openssl.cnf -extensions "$2"
}
signed_by() { # AUTHORITY NAME EXTENSIONS COMMON_NAME [openssl ca's options]
  local authority=$1 name=$2 extensions=$3 common_name=$4
  shift 4
  key "$name"
  openssl req -new -key "$name.key" -out "$name.csr" -subj "/CN=$common_name" -config openssl.cnf
  openssl ca -batch -notext -config openssl.cnf -cert "$authority.pem" -keyfile "$authority.key" \
    -extensions "$extensions" -in "$name.csr" -out "$name.pem" "$@"
}

make_all() {
  self_signed ca authority_certificate "Petrel Test CA"
  self_signed other-ca authority_certificate "Another Test CA"
  signed_by ca intermediate authority_certificate "Petrel Test Intermediate CA"

  # Servers.
  signed_by ca server server localhost
  signed_by ca expired server localhost -startdate 20200101000000Z -enddate 20200201000000Z
  signed_by ca not-yet-valid server localhost -startdate 20900101000000Z -enddate 20910101000000Z
  signed_by ca wrong-host wrong_host broker.example
  signed_by ca wrong-purpose client localhost
  signed_by ca revoked server localhost
  self_signed self-signed server localhost

  # A chain: the certificate alone, with its authority, and in an order that RFC 8446 does not ask for.
  signed_by intermediate leaf server localhost
  cat leaf.pem intermediate.pem >chain.pem
  cat leaf.pem ca.pem intermediate.pem >chain-disordered.pem
  # One whose authority has expired.
  signed_by ca expired-intermediate authority_certificate "Petrel Expired CA" \
    -startdate 20200101000000Z -enddate 20200201000000Z
  signed_by expired-intermediate under-expired server localhost
  cat under-expired.pem expired-intermediate.pem >chain-expired.pem

  # Clients.
  signed_by ca client client "Petrel Test Client"
  signed_by ca client-expired client "Expired Client" -startdate 20200101000000Z -enddate 20200201000000Z
  signed_by other-ca client-unknown client "Unknown Client"
  openssl pkey -in client.key -out client-encrypted.key -aes256 -passout pass:petrel
  openssl pkcs12 -export -in client.pem -inkey client.key -out client.p12 -passout pass:petrel

  # The list of revoked certificates.
  openssl ca -config openssl.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem
  openssl ca -config openssl.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem
}

make_all >openssl.log 2>&1 || {
  cat openssl.log >&2
  exit 1
}
