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

// name is what searches by subject compare.
func (r record) name() string {
	switch {
	case r.req.Subject.CommonName != "":
		return r.req.Subject.CommonName
	case len(r.req.SANs.DNS) > 0:
		return r.req.SANs.DNS[0]
	case len(r.req.SANs.IPs) > 0:
		return r.req.SANs.IPs[0].String()
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

// outcome is the end of a signing.
type outcome struct {
	record
	raw, signature []byte
}

// insertRecords makes a batch durable: certificates, what makes them unique and their audit entries, or nothing of it. A unique
// violation spoils its own request alone.
func (s *Service) insertRecords(ctx context.Context, tx *sqldb.Tx, batch []record) ([]sqldb.Result[struct{}], error) {
	results := make([]sqldb.Result[struct{}], len(batch))
	if err := barred(ctx, tx, batch, results); err != nil {
		return nil, err
	}
	var rows, tokens, requests [][]any
	var entries []AuditEntry
	now := s.now()
	for i, r := range batch {
		if results[i].Err != nil {
			continue
		}
		rows = append(rows, []any{
			r.id(), r.issuer.ID, r.profile.Name, r.name(), r.names, string(r.req.Tenure), r.req.RelyingParty, r.req.Requester,
			r.notBefore.UnixMilli(), r.notAfter.UnixMilli(), int64(r.shard), keyText(r.keyHash), r.tbs, r.created.UnixMilli(), r.authorised.UnixMilli(),
		})
		if r.req.Token != "" {
			tokens = append(tokens, []any{r.req.Token, r.id(), now.UnixMilli()})
		}
		if r.req.RequestKey != "" {
			requests = append(requests, []any{r.req.RequestKey, r.digest, r.id(), now.UnixMilli()})
		}
		entries = append(entries, r.signingEntry(now))
	}
	for _, set := range []struct {
		insert string
		rows   [][]any
	}{
		{"insert into ca_spent_token (id, certificate, at)", tokens},
		{"insert into ca_request (request_key, digest, certificate, at)", requests},
		{"insert into ca_certificate (id, issuer, profile, name, names, tenure_id, relying_party, requester, not_before, not_after, shard, key_hash, tbs, created, authorised)", rows},
	} {
		if err := insertSorted(ctx, tx, set.insert, set.rows); err != nil {
			return nil, err
		}
	}
	return results, appendAudit(ctx, tx, entries)
}

// insertOutcomes makes a batch of signatures durable, with audit entries and one event for the log. A second outcome of one
// certificate is a unique violation. A key blocked, a tenure ended, or a SIM replaced, since the record was made gets no signature:
// together with their looking for certificates after they are recorded, no certificate slips through between them.
func (s *Service) insertOutcomes(ctx context.Context, tx *sqldb.Tx, batch []outcome) ([]sqldb.Result[struct{}], error) {
	results := make([]sqldb.Result[struct{}], len(batch))
	records := make([]record, len(batch))
	for i, o := range batch {
		records[i] = o.record
	}
	if err := barred(ctx, tx, records, results); err != nil {
		return nil, err
	}
	var rows [][]any
	var entries []AuditEntry
	var event Issued
	now := s.now()
	for i, o := range batch {
		if results[i].Err != nil {
			continue
		}
		rows = append(rows, []any{o.id(), o.signature, now.UnixMilli()})
		entries = append(entries, o.issuedEntry(now))
		event.Certificates = append(event.Certificates, o.logged())
	}
	if len(rows) == 0 {
		return results, nil
	}
	if err := insertSorted(ctx, tx, "insert into ca_outcome (id, signature, at)", rows); err != nil {
		return nil, err
	}
	if err := s.outbox.Append(ctx, tx, simtrust.TenureID(simtrust.NewID("iss")), 1, event); err != nil {
		return nil, err
	}
	return results, appendAudit(ctx, tx, entries)
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
func barred(ctx context.Context, tx *sqldb.Tx, batch []record, results []sqldb.Result[struct{}]) error {
	b, err := readBars(ctx, tx, batch)
	if err != nil {
		return err
	}
	for i, r := range batch {
		results[i].Err = b.against(r)
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
		Profile: r.profile.Name, TBS: hex.EncodeToString(tbs[:]), By: r.req.Requester, LegalGround: r.ground,
	})
}

func (o outcome) issuedEntry(now time.Time) AuditEntry {
	sum := sha256.Sum256(o.raw)
	return newAuditEntry(now, AuditIssued, o.id(), auditDetail{Certificate: hex.EncodeToString(sum[:])})
}

func (o outcome) logged() IssuedCertificate {
	sum := sha256.Sum256(o.raw)
	l := IssuedCertificate{ID: o.id(), Profile: o.profile.Name, SHA256: sum[:]}
	if o.profile.LogFull {
		l.Raw = o.raw
	}
	return l
}
