package gm

import (
	"context"
	"encoding/pem"
	"net/http"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/rpc"
)

const patternPair = "POST /ca/v1/dual-certificates"

// maxBody holds a CSR of the largest size in PEM, and what stands around it.
const maxBody = 64 << 10

// Mount mounts the operation.
func (s *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "gm.issue_pair", patternPair, s.pairWire, rpc.Scope(ca.ScopeIssue), rpc.Status(http.StatusCreated), rpc.MaxBody(maxBody))
}

// The JSON forms: certificates and requests are PEM, all else is DER in base64.
type (
	pairReqWire struct {
		Token   string `json:"token"`
		Profile string `json:"profile"`
		CSR     string `json:"csr"`
	}
	halfWire struct {
		ID          string `json:"id"`
		Certificate string `json:"certificate"`
		Chain       string `json:"chain"`
	}
	pairWire struct {
		Signing      halfWire `json:"signing"`
		Encryption   halfWire `json:"encryption"`
		EnvelopedKey []byte   `json:"enveloped_key"`
		Response     []byte   `json:"response"`
	}
)

func (s *Service) pairWire(ctx context.Context, w pairReqWire) (pairWire, error) {
	block, rest := pem.Decode([]byte(w.CSR))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(rest) > 0 {
		return pairWire{}, invalid(csr.ReasonMalformed, "csr is one certification request in PEM")
	}
	by, _ := rpc.CallerFrom(ctx)
	p, err := s.Issue(ctx, PairReq{Token: w.Token, Profile: w.Profile, CSR: block.Bytes, Requester: by.Client})
	if err != nil {
		return pairWire{}, err
	}
	return pairWire{halfOf(p.Signing), halfOf(p.Encryption), p.Envelope, p.Response}, nil
}

func (w pairWire) pair() (p Pair, err error) {
	if p.Signing, err = w.Signing.certificate(); err != nil {
		return Pair{}, err
	}
	p.Encryption, err = w.Encryption.certificate()
	p.Envelope, p.Response = w.EnvelopedKey, w.Response
	return p, err
}

func halfOf(c ca.Certificate) halfWire {
	return halfWire{ID: c.ID, Certificate: encodePEM(c.Raw), Chain: encodePEM(c.Chain...)}
}

func (w halfWire) certificate() (ca.Certificate, error) {
	c := ca.Certificate{ID: w.ID, Chain: decodePEM(w.Chain)}
	ders := decodePEM(w.Certificate)
	if len(ders) != 1 {
		return c, &simtrust.Error{Kind: simtrust.KindInternal, Op: "gm", Msg: "the server's answer holds no certificate"}
	}
	c.Raw = ders[0]
	return c, nil
}

func decodePEM(text string) (ders [][]byte) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		ders = append(ders, block.Bytes)
	}
	return ders
}

func encodePEM(ders ...[]byte) string {
	var text []byte
	for _, der := range ders {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return string(text)
}
