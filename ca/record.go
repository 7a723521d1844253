package ca

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// record is what is made durable before a signature.
type record struct {
	*draft
	names   string // JSON
	digest  []byte // of the request, with a request key only
	created time.Time
	// authorised is not later than created.
	authorised time.Time
}

// names is the JSON form of who a certificate is for.
type names struct {
	Subject Subject `json:"subject"`
	SANs    SANs    `json:"sans"`
}

func newRecord(d *draft, now time.Time) (record, error) {
	text, err := json.Marshal(names{d.req.Subject, d.req.SANs})
	if err != nil {
		return record{}, err
	}
	r := record{draft: d, names: string(text), created: now, authorised: now}
	if at := d.req.Authorised; !at.IsZero() && at.Before(now) {
		r.authorised = at
	}
	if d.req.RequestKey != "" {
		r.digest, err = d.req.digest()
	}
	return r, err
}

// nameOf is what searches by subject compare.
func nameOf(s Subject, n SANs) string {
	switch {
	case s.CommonName != "":
		return s.CommonName
	case len(n.DNS) > 0:
		return n.DNS[0]
	case len(n.IPs) > 0:
		return n.IPs[0].String()
	}
	return ""
}

func (r record) certificate(raw []byte) Certificate {
	return Certificate{
		ID: r.id(), Issuer: r.issuer.ID, Profile: r.profile.Name, Subject: r.req.Subject, SANs: r.req.SANs, Serial: r.serial, Raw: raw,
		NotBefore: r.notBefore, NotAfter: r.notAfter, Tenure: r.req.Tenure, RelyingParty: r.req.RelyingParty, Requester: r.req.Requester,
		State: StateIssued, Shard: r.shard, KeyHash: r.keyHash, Created: r.created.UTC().Truncate(time.Millisecond),
	}
}

// stage is what an issuance makes durable at once: its record before the signature, or its outcome after it.
type stage struct {
	record
	raw, signature []byte // of the outcome; nil: the record
}

// insertStages makes a batch durable, or nothing of it: records with what makes them unique, outcomes with one event for the log, and
// the audit entries of both. A unique violation, such as a second outcome of one certificate, spoils its own request alone. A key
// blocked, a tenure ended, or a SIM replaced, since the record was made gets no signature: together with their looking for certificates
// after they are recorded, no certificate slips through between them.
func (s *Service) insertStages(ctx context.Context, tx *sqldb.Tx, batch []stage) ([]sqldb.Result[struct{}], error) {
	results := make([]sqldb.Result[struct{}], len(batch))
	if err := barred(ctx, tx, batch, results); err != nil {
		return nil, err
	}
	var w writes
	now := s.now()
	for i, st := range batch {
		switch {
		case results[i].Err != nil:
		case st.signature == nil:
			w.addRecord(st.record, now)
		default:
			w.addOutcome(st, now)
		}
	}
	return results, s.write(ctx, tx, w)
}

// writes are the rows of a batch.
type writes struct {
	tokens, requests, certificates, outcomes [][]any
	issued                                   Issued
	entries                                  []AuditEntry
}

func (w *writes) addRecord(r record, now time.Time) {
	w.certificates = append(w.certificates, []any{
		r.id(), r.issuer.ID, r.profile.Name, nameOf(r.req.Subject, r.req.SANs), r.names, string(r.req.Tenure), r.req.RelyingParty, r.req.Requester,
		r.notBefore.UnixMilli(), r.notAfter.UnixMilli(), int64(r.shard), keyText(r.keyHash), r.tbs, r.created.UnixMilli(), r.authorised.UnixMilli(),
	})
	if r.req.Token != "" {
		w.tokens = append(w.tokens, []any{r.req.Token, r.id(), now.UnixMilli()})
	}
	if r.req.RequestKey != "" {
		w.requests = append(w.requests, []any{r.req.RequestKey, r.digest, r.id(), now.UnixMilli()})
	}
	w.entries = append(w.entries, r.signingEntry(now))
}

func (w *writes) addOutcome(st stage, now time.Time) {
	w.outcomes = append(w.outcomes, []any{st.id(), st.signature, now.UnixMilli()})
	w.issued.Certificates = append(w.issued.Certificates, st.logged())
	w.entries = append(w.entries, st.issuedEntry(now))
}

func (s *Service) write(ctx context.Context, tx *sqldb.Tx, w writes) error {
	for _, set := range []struct {
		insert string
		rows   [][]any
	}{
		{"insert into ca_spent_token (id, certificate, at)", w.tokens},
		{"insert into ca_request (request_key, digest, certificate, at)", w.requests},
		{"insert into ca_certificate (id, issuer, profile, name, names, tenure_id, relying_party, requester, not_before, not_after, shard, key_hash, tbs, created, authorised)", w.certificates},
		{"insert into ca_outcome (id, signature, at)", w.outcomes},
	} {
		if err := insertSorted(ctx, tx, set.insert, set.rows); err != nil {
			return err
		}
	}
	if len(w.issued.Certificates) > 0 {
		if err := s.outbox.Append(ctx, tx, simtrust.TenureID(simtrust.NewID("iss")), 1, w.issued); err != nil {
			return err
		}
	}
	return appendAudit(ctx, tx, w.entries)
}

// insertSorted inserts rows in the order of their first column, so that two batches cannot deadlock.
func insertSorted(ctx context.Context, tx *sqldb.Tx, insert string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b []any) int { return bytes.Compare([]byte(a[0].(string)), []byte(b[0].(string))) })
	return sqldb.InsertRows(ctx, tx, insert, rows, "")
}

// barred answers those of the batch that may no longer be issued.
func barred(ctx context.Context, tx *sqldb.Tx, batch []stage, results []sqldb.Result[struct{}]) error {
	b, err := readBars(ctx, tx, batch)
	if err != nil {
		return err
	}
	for i, r := range batch {
		results[i].Err = b.against(r.record)
	}
	return nil
}

// bars are what keeps certificates from being issued.
type bars struct {
	keys  map[string]bool             // compromised
	ended map[simtrust.TenureID]bool  // over
	sims  map[simtrust.TenureID]int64 // when the SIM was replaced
}

func (b bars) against(r record) error {
	replaced, ok := b.sims[r.req.Tenure]
	switch {
	case b.keys[keyText(r.keyHash)]:
		return errKeyBlocked
	case b.ended[r.req.Tenure]:
		return errTenureEnded
	case ok && r.profile.OnSIMChanged != ActionNone && r.authorised.UnixMilli() <= replaced:
		return errSIMReplaced
	}
	return nil
}

func (r record) signingEntry(now time.Time) AuditEntry {
	tbs := sha256.Sum256(r.tbs)
	return newAuditEntry(now, AuditSigning, r.id(), auditDetail{
		Profile: r.profile.Name, TBS: hex.EncodeToString(tbs[:]), By: r.req.Requester, AuthorisedBy: r.req.AuthorisedBy, LegalGround: r.ground,
	})
}

func (st stage) issuedEntry(now time.Time) AuditEntry {
	sum := sha256.Sum256(st.raw)
	return newAuditEntry(now, AuditIssued, st.id(), auditDetail{Certificate: hex.EncodeToString(sum[:])})
}

func (st stage) logged() IssuedCertificate {
	sum := sha256.Sum256(st.raw)
	l := IssuedCertificate{ID: st.id(), Profile: st.profile.Name, SHA256: sum[:]}
	if st.profile.LogFull {
		l.Raw = st.raw
	}
	return l
}
