package ca

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "ca", FS: migrations} }

const certificateColumns = `c.id, c.profile, c.names, c.tenure_id, c.relying_party, c.requester, c.not_before, c.not_after, c.shard,
	c.key_hash, c.tbs, c.created, o.at, o.signature, r.at, r.reason`

const certificateTables = ` from ca_certificate c left join ca_outcome o on o.id = c.id left join ca_revocation r on r.id = c.id`

// stateOf tells a certificate's state from its outcome.
func stateOf(ended sql.NullInt64, signed bool) string {
	switch {
	case !ended.Valid:
		return StateSigning
	case signed:
		return StateIssued
	}
	return StateAbandoned
}

type scanner interface{ Scan(...any) error }

func scanCertificate(row scanner) (c Certificate, err error) {
	var text string
	var hash string
	var tbs, signature []byte
	var notBefore, notAfter, created int64
	var ended, revoked, reason sql.NullInt64
	err = row.Scan(&c.ID, &c.Profile, &text, &c.Tenure, &c.RelyingParty, &c.Requester, &notBefore, &notAfter, &c.Shard,
		&hash, &tbs, &created, &ended, &signature, &revoked, &reason)
	if err != nil {
		return Certificate{}, err
	}
	var n names
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return Certificate{}, err
	}
	c.Issuer, c.Serial, _ = SplitID(c.ID)
	c.Subject, c.SANs, c.State = n.Subject, n.SANs, stateOf(ended, len(signature) > 0)
	c.NotBefore, c.NotAfter, c.Created = instant(notBefore), instant(notAfter), instant(created)
	c.KeyHash, _ = keyHash(hash)
	if revoked.Valid && reason.Int64 != RemoveFromCRL {
		c.Revoked, c.Reason = instant(revoked.Int64), int(reason.Int64)
	}
	if c.State == StateIssued {
		c.Raw, err = reassemble(tbs, signature)
	}
	return c, err
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func certificateByID(ctx context.Context, q sqldb.Querier, id string) (Certificate, error) {
	if _, _, ok := SplitID(id); !ok {
		return Certificate{}, errUnknownCertificate
	}
	c, err := scanCertificate(q.QueryRow(ctx, `select `+certificateColumns+certificateTables+` where c.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Certificate{}, errUnknownCertificate
	}
	return c, err
}

// certificates reads those that where selects.
func certificates(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Certificate, error) {
	rows, err := q.Query(ctx, `select `+certificateColumns+certificateTables+` where `+where, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Certificate, error) { return scanCertificate(rows) })
}

// readStatuses answers a batch of certificate ids.
func readStatuses(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[Status], error) {
	where, args := sqldb.In(q.Dialect(), "c.id", 1, ids)
	rows, err := q.Query(ctx, `select c.id, c.not_after, o.at, o.signature is not null, r.at, r.reason`+certificateTables+` where `+where, args...)
	found := make(map[string]Status, len(ids))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var notAfter int64
		var signed bool
		var ended, revoked, reason sql.NullInt64
		err := rows.Scan(&id, &notAfter, &ended, &signed, &revoked, &reason)
		st := Status{Known: true, State: stateOf(ended, signed), Expires: instant(notAfter)}
		if revoked.Valid && reason.Int64 != RemoveFromCRL {
			st.Revoked, st.Reason = instant(revoked.Int64), int(reason.Int64)
		}
		found[id] = st
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[Status], len(ids))
	for i, id := range ids {
		results[i].Value = found[id]
		_, digits, _ := strings.Cut(id, ".")
		results[i].Value.Serial, _ = hex.DecodeString(digits)
	}
	return results, nil
}

// requestByKey returns an empty id where no request had that key.
func requestByKey(ctx context.Context, q sqldb.Querier, key string) (digest []byte, id string, err error) {
	err = q.QueryRow(ctx, `select digest, certificate from ca_request where request_key = $1`, key).Scan(&digest, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	return digest, id, err
}

func tokenSpent(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	return exists(q.QueryRow(ctx, `select 1 from ca_spent_token where id = $1`, id))
}

func exists(row sqldb.Row) (bool, error) {
	var n int64
	err := row.Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// readBars reads what bars the keys and tenures of a batch.
func readBars(ctx context.Context, q sqldb.Querier, batch []stage) (bars, error) {
	hashes := make([]string, len(batch))
	var ids []simtrust.TenureID
	for i, r := range batch {
		hashes[i] = keyText(r.keyHash)
		if r.req.Tenure != "" {
			ids = append(ids, r.req.Tenure)
		}
	}
	ofKeys, args := sqldb.In(q.Dialect(), "key_hash", 1, hashes)
	ofTenures, more := sqldb.In(q.Dialect(), "tenure_id", 1+len(args), ids)
	rows, err := q.Query(ctx, `select 'key', key_hash, at from ca_blocked_key where `+ofKeys+`
		union all select 'tenure', tenure_id, at from ca_ended_tenure where `+ofTenures+`
		union all select 'sim', tenure_id, at from ca_sim_change where `+ofTenures, append(args, more...)...)
	b := bars{map[string]bool{}, map[simtrust.TenureID]bool{}, map[simtrust.TenureID]int64{}}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var what, text string
		var at int64
		err := rows.Scan(&what, &text, &at)
		switch what {
		case "key":
			b.keys[text] = true
		case "tenure":
			b.ended[simtrust.TenureID(text)] = true
		case "sim":
			b.sims[simtrust.TenureID(text)] = at
		}
		return struct{}{}, err
	})
	return b, err
}
