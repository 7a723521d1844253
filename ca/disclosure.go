package ca

import _ "embed"

// disclosure is the PKI disclosure statement published when the deployment names none of its own.
//
//go:embed disclosure.txt
var disclosure []byte
