// Package lint says, before a certificate is signed, what is wrong with it.
package lint
