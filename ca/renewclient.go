package ca

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"simtrust"
	"simtrust/internal/rpc"
)

// RenewOver renews the client certificate that hc presents to a server, for the key of a CSR (DER), as [Service.Renew] does.
// KindUnavailable with rpc.ReasonUnreachable: no answer came, so that the outcome is unknown.
func RenewOver(ctx context.Context, hc *http.Client, server string, csr []byte) (Certificate, error) {
	method, path, _ := strings.Cut(patternRenew, " ")
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(server, "/")+path, bytes.NewReader(csr))
	if err != nil {
		return Certificate{}, invalid(rpc.ReasonUnreachable, "the server's address is no URL")
	}
	r.Header.Set("Content-Type", typeRequest)
	res, err := hc.Do(r)
	if err != nil {
		return Certificate{}, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: rpc.ReasonUnreachable, Op: "ca.renew", Msg: "the server did not answer", Err: err}
	}
	defer res.Body.Close()
	w, err := rpc.Answer[certificateWire](res)
	return w.certificate(), err
}
