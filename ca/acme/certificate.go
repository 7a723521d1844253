package acme

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/pem"
	"errors"
	"net/http"

	"simtrust/ca"
	"simtrust/internal/sqldb"
)

const pemChain = "application/pem-certificate-chain"

// download is RFC 8555, section 7.4.2: the certificate with its issuers up to below the root.
func (s *Service) download(ctx context.Context, r *request) (*reply, error) {
	c, err := s.ownCertificate(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, media: pemChain, text: chainOf(c, len(c.Chain)-1),
		links: []string{"<" + s.url(pathCertificate+c.ID+"/alternate") + `>;rel="alternate"`}}, nil
}

// downloadAlternate is the chain with its root, for those who compare or pin it.
func (s *Service) downloadAlternate(ctx context.Context, r *request) (*reply, error) {
	c, err := s.ownCertificate(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, media: pemChain, text: chainOf(c, len(c.Chain)),
		links: []string{"<" + s.url(pathCertificate+c.ID) + `>;rel="alternate"`}}, nil
}

func chainOf(c ca.Certificate, issuers int) []byte {
	var b bytes.Buffer
	for _, der := range append([][]byte{c.Raw}, c.Chain[:max(issuers, 0)]...) {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes all
	}
	return b.Bytes()
}

func (s *Service) ownCertificate(ctx context.Context, r *request) (ca.Certificate, error) {
	if err := r.fetching(); err != nil {
		return ca.Certificate{}, err
	}
	id := r.PathValue("certificate")
	owner, err := ownerOf(ctx, s.db, id)
	switch {
	case err != nil:
		return ca.Certificate{}, err
	case owner == "":
		return ca.Certificate{}, errNotFound
	case owner != r.account.id:
		return ca.Certificate{}, errNotYours
	}
	return s.authority.Certificate(ctx, id)
}

// ownerOf is the account that a certificate was issued to, or "".
func ownerOf(ctx context.Context, q sqldb.Querier, certificate string) (account string, err error) {
	err = q.QueryRow(ctx, `select account from acme_order where certificate = $1 and certificate <> ''`, certificate).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, err
}
