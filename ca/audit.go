package ca

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"simtrust/internal/sqldb"
)

// The kinds of audit entries.
const (
	AuditSigning    = "signing"
	AuditIssued     = "issued"
	AuditAbandoned  = "abandoned"
	AuditRevoked    = "revoked"
	AuditReleased   = "released"
	AuditKeyBlocked = "key_blocked"
	AuditTenure     = "tenure_ended"
	AuditBulk       = "bulk_revocation"
	// what clients authenticate with at a face: external accounts of ACME, credentials of EST
	AuditCredentialMade      = "credential_made"
	AuditCredentialWithdrawn = "credential_withdrawn"
)

// AuditEntry is one link of the audit chain. It is committed with the change it tells of.
type AuditEntry struct {
	Seq  int64 // 1, 2, 3 …
	At   time.Time
	Kind string
	// Subject is a certificate's id, a key's hash, a tenure, a job, a credential after its face: est:USERNAME, eab:KID.
	Subject string
	// Detail is a JSON object.
	Detail string
	// Hash is SHA-256 over the hash before it (empty for the first) and the entry; see Sum.
	Hash []byte
}

// auditDetail is what entries say beside their columns.
type auditDetail struct {
	Profile     string `json:"profile,omitempty"`
	TBS         string `json:"tbs_sha256,omitempty"`
	Certificate string `json:"sha256,omitempty"`
	By          string `json:"by,omitempty"`
	// AuthorisedBy is who granted what By then asked for: the officer behind a token or credential.
	AuthorisedBy string `json:"authorised_by,omitempty"`
	LegalGround  string `json:"legal_ground,omitempty"`
	Reason       *int   `json:"reason,omitempty"`
	Cause        string `json:"cause,omitempty"`
	Query        *Query `json:"query,omitempty"`
}

func newAuditEntry(at time.Time, kind, subject string, d auditDetail) AuditEntry {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // a struct of strings
	}
	return AuditEntry{At: at, Kind: kind, Subject: subject, Detail: string(text)}
}

// Sum computes the hash of an entry that follows prev: SHA-256 over prev, and the sequence number, the time in milliseconds, kind,
// subject and detail, each length-prefixed with eight octets, big endian.
func (e AuditEntry) Sum(prev []byte) []byte {
	h := sha256.New()
	field := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	field(prev)
	field(binary.BigEndian.AppendUint64(nil, uint64(e.Seq)))
	field(binary.BigEndian.AppendUint64(nil, uint64(e.At.UnixMilli())))
	field([]byte(e.Kind))
	field([]byte(e.Subject))
	field([]byte(e.Detail))
	return h.Sum(nil)
}

// appendAudit links entries to the end of the chain. The lock on the head orders the writers, so it is taken last in a
// transaction.
func appendAudit(ctx context.Context, tx *sqldb.Tx, entries []AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	var size int64
	var head []byte
	err := tx.QueryRow(ctx, `update ca_audit_head set size = size + $1 where one = 1 returning size, hash`, int64(len(entries))).Scan(&size, &head)
	if err != nil {
		return err
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		e.Seq = size - int64(len(entries)) + int64(i) + 1
		head = e.Sum(head)
		rows[i] = []any{e.Seq, e.At.UnixMilli(), e.Kind, e.Subject, e.Detail, head}
	}
	const insert = "insert into ca_audit (seq, at, kind, subject, detail, hash)"
	if tx.Dialect() == sqldb.PostgreSQL { // both in one statement, as everybody waits for it
		return sqldb.InsertRows(ctx, tx, "with linked as ("+insert, rows, `returning seq, hash)
			update ca_audit_head set hash = (select hash from linked order by seq desc limit 1) where one = 1`)
	}
	if err := sqldb.InsertRows(ctx, tx, insert, rows, ""); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update ca_audit_head set hash = $1 where one = 1`, head)
	return err
}

// AuditCredential links to the chain what somebody did about a credential, in the transaction that does it and last in it.
func AuditCredential(ctx context.Context, tx *sqldb.Tx, at time.Time, kind, credential, by string) error {
	return appendAudit(ctx, tx, []AuditEntry{newAuditEntry(at, kind, credential, auditDetail{By: by})})
}

// AuditHead returns the length of the chain and its last hash.
func (s *Service) AuditHead(ctx context.Context) (size int64, hash []byte, err error) {
	err = s.db.QueryRow(ctx, `select size, hash from ca_audit_head where one = 1`).Scan(&size, &hash)
	return size, hash, err
}

// Audit returns up to limit entries that follow the sequence number after, in order.
func (s *Service) Audit(ctx context.Context, after int64, limit int) ([]AuditEntry, error) {
	rows, err := s.db.Query(ctx, `select seq, at, kind, subject, detail, hash from ca_audit where seq > $1 order by seq limit $2`, after, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (e AuditEntry, err error) {
		var at int64
		err = rows.Scan(&e.Seq, &at, &e.Kind, &e.Subject, &e.Detail, &e.Hash)
		e.At = time.UnixMilli(at).UTC()
		return e, err
	})
}

// VerifyAudit follows the chain from its start and compares its end with the head. It calls each, when not nil, for every entry
// that fits.
func (s *Service) VerifyAudit(ctx context.Context, each func(AuditEntry) error) error {
	size, head, err := s.AuditHead(ctx)
	if err != nil {
		return err
	}
	const page = 1000
	var seq int64
	prev := []byte{}
	for seq < size {
		entries, err := s.Audit(ctx, seq, page)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return fmt.Errorf("ca: the audit chain has %d entries instead of %d", seq, size)
		}
		for _, e := range entries {
			if e.Seq != seq+1 || !bytes.Equal(e.Hash, e.Sum(prev)) {
				return fmt.Errorf("ca: the audit chain is broken at entry %d", seq+1)
			}
			if each != nil {
				if err := each(e); err != nil {
					return err
				}
			}
			if seq, prev = e.Seq, e.Hash; seq == size && !bytes.Equal(prev, head) {
				return fmt.Errorf("ca: the audit chain does not end in its head")
			}
		}
	}
	return nil
}
