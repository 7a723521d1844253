package document

import (
	"context"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

const (
	patternStart    = "POST /simshield/v1/documents"
	patternDocument = "GET /simshield/v1/documents/{id}"
	patternRemove   = "DELETE /simshield/v1/documents/{id}"

	// maxBody holds the longest content in base 64.
	maxBody = MaxContent/3*4 + 8<<10
	// maxWait is the longest poll.
	maxWait = 30 * time.Second
)

// Mount puts the module's operations on r.
func (s *Service) Mount(r *rpc.Router) {
	confirm := rpc.Scope(simshield.ScopeConfirm)
	rpc.Handle(r, "document.start", patternStart, s.startWire, confirm, rpc.Status(http.StatusCreated), rpc.MaxBody(maxBody))
	rpc.Handle(r, "document.show", patternDocument, s.showWire, confirm, rpc.Timeout(maxWait+10*time.Second))
	rpc.Handle(r, "document.remove", patternRemove, s.removeWire, confirm)
}

type (
	startWire struct {
		PhoneNumber string `json:"phone_number"`
		Order       string `json:"order"`
		Title       string `json:"title"`
		Format      Format `json:"format"`
		// Application is eid where it is left out, and Language zh.
		Application   string `json:"application,omitzero"`
		Language      string `json:"language,omitzero"`
		NationalID    string `json:"national_identity_number,omitzero"`
		Content       []byte `json:"content,omitzero"`
		Hash          []byte `json:"hash,omitzero"`
		HashAlgorithm string `json:"hash_algorithm,omitzero"`
		Detached      bool   `json:"detached,omitzero"`
		MediaType     string `json:"media_type,omitzero"`
	}
	idWire struct {
		ID string `path:"id" json:"-"`
		// WaitSeconds is how long the answer may wait for the end; up to 30.
		WaitSeconds int `query:"wait" json:"-"`
	}
	documentWire struct {
		ID               string          `json:"id"`
		Transaction      string          `json:"transaction"`
		Order            string          `json:"order"`
		Title            string          `json:"title"`
		Format           Format          `json:"format"`
		State            simshield.State `json:"state"`
		Cause            string          `json:"cause,omitzero"`
		VerificationCode string          `json:"verification_code"`
		Expires          time.Time       `json:"expires"`
		// Document is the signed one, there once the state is signed.
		Document  []byte `json:"document,omitzero"`
		MediaType string `json:"media_type,omitzero"`
	}
	nothingWire struct{}
)

func (s *Service) startWire(ctx context.Context, w startWire) (documentWire, error) {
	o, err := w.read()
	if err != nil {
		return documentWire{}, err
	}
	d, err := s.Start(ctx, client(ctx), o)
	return wireOf(d), err
}

func (w startWire) read() (o Order, err error) {
	o = Order{Order: w.Order, Title: w.Title, Format: w.Format, Application: applet.EID, NationalID: w.NationalID, Content: w.Content, Hash: w.Hash,
		Detached: w.Detached, MediaType: w.MediaType}
	if o.Number, err = simtrust.ParseNumber(w.PhoneNumber); err != nil {
		return o, err
	}
	known := true
	if w.Application != "" {
		o.Application, known = applet.ParseApplication(w.Application)
	}
	if !known {
		return o, invalid(ReasonOrder, "application: bank, eid or enterprise")
	}
	if w.Language != "" {
		o.Language, known = applet.ParseLanguage(w.Language)
	}
	if !known {
		return o, invalid(ReasonOrder, "language: zh or en")
	}
	o.Algorithm, _ = applet.ParseHashAlgorithm(w.HashAlgorithm)
	return o, nil
}

func (s *Service) showWire(ctx context.Context, w idWire) (documentWire, error) {
	wait := time.Duration(w.WaitSeconds) * time.Second
	if wait < 0 || wait > maxWait {
		return documentWire{}, invalid(ReasonOrder, "wait: 0 to 30 seconds")
	}
	d, err := s.Document(ctx, client(ctx), w.ID, wait)
	return wireOf(d), err
}

func (s *Service) removeWire(ctx context.Context, w idWire) (nothingWire, error) {
	return nothingWire{}, s.Remove(ctx, client(ctx), w.ID)
}

// client is who calls: the party.
func client(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}

func wireOf(d Document) documentWire {
	return documentWire{ID: d.ID, Transaction: d.Transaction.ID, Order: d.Order, Title: d.Title, Format: d.Format, State: d.Transaction.State,
		Cause: d.Transaction.Cause, VerificationCode: d.Transaction.Code, Expires: d.Transaction.Expires, Document: d.Signed, MediaType: d.MediaType}
}
