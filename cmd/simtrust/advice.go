package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"strings"

	"simtrust"
	"simtrust/account"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/ca/est"
	"simtrust/ca/tlog"
	"simtrust/internal/rpc"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/access"
	"simtrust/simshield/gateway"
)

// advised is an error as a person reads it: without the names of operations, and, where a server answered it or it came in place of an
// answer, with what to do about it. Other errors are made by the commands themselves and say so already.
func advised(err error) error {
	text, e := plain(err)
	if e == nil {
		return err
	}
	if next := advice(e); next != "" {
		text += "; " + next
	}
	return errors.New(text)
}

// plain is the text of an error without the names of operations, and the error of the module that it holds, or nil.
func plain(err error) (string, *simtrust.Error) {
	e, ok := errors.AsType[*simtrust.Error](err)
	if !ok {
		return err.Error(), nil
	}
	return strings.Replace(err.Error(), e.Error(), said(e), 1), e
}

// said is the text of an error without its operation, and without its kind where it has words of its own.
func said(err error) string {
	e, ok := err.(*simtrust.Error)
	if !ok {
		return err.Error()
	}
	text := cmp.Or(e.Msg, strings.ReplaceAll(string(e.Kind), "_", " "))
	if e.Err != nil {
		text += ": " + said(e.Err)
	}
	return text
}

// untrusted reports whether a server was there, but its TLS certificate not one that this machine trusts.
func untrusted(e *simtrust.Error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](e)
	return ok
}

func advice(e *simtrust.Error) string {
	switch {
	case untrusted(e):
		return "put the root of the server's certificate among those of this machine, or into a file that SSL_CERT_FILE names"
	case e.Reason == rpc.ReasonUnreachable:
		return "check --server, and that the server runs"
	case e.Reason == renumber.ReasonNeverOurs:
		return "simtrust number import or assign tells the server of it"
	case e.Reason == renumber.ReasonBadHeader:
		return "simtrust number import --help shows the columns"
	case e.Reason == gateway.ReasonUnknownCard:
		return "simtrust card import tells the server of it"
	case e.Reason == simshield.ReasonNotEnrolled:
		return "register the person's card first (POST /simshield/v1/registrations): keys end with the SIM and with the holder"
	case e.Reason == access.ReasonUnknown:
		return "simtrust shield access list shows all"
	case e.Reason == account.ReasonUnknownApp:
		return "simtrust app list shows every client_id"
	case e.Reason == tlog.ReasonNotLogged:
		return "what was issued is in the log within ten seconds: ask again, and if it stays so, tell the operator"
	case e.Reason == ca.ReasonUnknownCertificate:
		return "simtrust ca list finds certificates"
	case e.Reason == est.ReasonNoCredentials:
		return "simtrust ca est list shows all"
	case e.Reason == acme.ReasonUnknownExternal:
		return "simtrust ca eab list shows all"
	case e.Reason == ca.ReasonUnknownProfile:
		return "simtrust ca profiles lists them"
	case messagingAdvice[e.Reason] != "":
		return messagingAdvice[e.Reason]
	case e.Kind == simtrust.KindInvalid:
		return "--help after the command shows what it takes"
	case e.Kind == simtrust.KindUnavailable:
		return "try again in a moment; /readyz of the server tells what is missing"
	case e.Kind == simtrust.KindUnauthenticated:
		return "give the admin token with --token @FILE; simtrust config print on the server names the file (admin.token_file)"
	case e.Kind == simtrust.KindLimited:
		return "wait a moment and try again"
	case e.Kind == simtrust.KindInternal && strings.Contains(e.Op, " /"): // the operation is one of a server: METHOD /path
		return "the server's log has the cause"
	}
	return ""
}
