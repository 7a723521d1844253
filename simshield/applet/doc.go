// Package applet is what a server and the signing applet of a SIM say to each other, what the applet shows, and what its keys sign.
// Both sides use it, so that neither can understand a word otherwise than the other.
//
//	statement := applet.Statement{Party: "某某银行", ID: id, Nonce: nonce, NotAfter: at, Subject: applet.Transfer{…}}
//	prompt, err := statement.Compose()                    // the server refuses what a handset would show wrongly
//	data := applet.Confirm{Statement: statement}.Append(nil)
//
//	command, err := applet.DecodeCommand(data)            // the card composes the same text from the same fields, and shows it
//	set, err := applet.SignedAttributes(applet.SM2, prompt.DER, certificateDigest)
//	signature, err := applet.Sign(key, applet.SM2, set)
//	answer := applet.Response{ID: id, Result: applet.Signed, Signature: &signature}.Append(nil)
//
//	receipt, err := applet.Assemble(applet.SM2, prompt.DER, set, signature, certificate, issuer)
//
// A secured packet carries one command; its proof of receipt carries one response. Both are BER-TLV: a constructed element of the
// private class around elements of the context class, in ascending order of their tags, with lengths in as few octets as they need.
// Anything else is refused.
//
// There are three kinds of key, each with its own certificate policy: login, document and transaction. A transaction key signs only
// what the applet composed from the fields that it showed: a [Statement], as the content of signed data (RFC 5652). [SignHash]
// takes a hash from outside, and only for the other two kinds. What [Statement.Compose] cannot show unmistakably it refuses: the
// text in the statement is the text on the screen, and [DecodeStatement] refuses any other.
//
// Keys are of P-256, which signs with SHA-256, or SM2, which signs with SM3 under the identity 1234567812345678 (GB/T 35276).
// Signatures travel as r and s, 32 octets each.
package applet
