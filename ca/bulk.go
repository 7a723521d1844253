package ca

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const (
	// bulkPage is how many certificates one transaction of a bulk revocation revokes: few enough that issuing goes on beside it.
	// Where issuing wins the audit chain each time all the same, pages shrink until one is as quick as an issuance.
	bulkPage  = 100
	bulkLease = 30 * time.Second
)

// BulkReq revokes everything a query selects. A query without a condition is refused.
type BulkReq struct {
	Query  Query
	Reason int
	By     string
}

// Job is a bulk revocation under way or done.
type Job struct {
	ID       string
	Query    Query
	Reason   int
	By       string
	Total    int64 // selected at the start
	Done     int64 // looked at so far: revoked now, or found revoked
	Started  time.Time
	Updated  time.Time
	Finished time.Time // zero: not yet
}

// ETA is when the job will be done at the rate so far; zero while nothing is known.
func (j Job) ETA() time.Time {
	spent := j.Updated.Sub(j.Started)
	if !j.Finished.IsZero() || j.Done == 0 || spent <= 0 {
		return j.Finished
	}
	return j.Updated.Add(time.Duration(float64(spent) / float64(j.Done) * float64(max(j.Total-j.Done, 0))))
}

// RevokeAll starts a bulk revocation of what is in the register now. It goes on in the background, over restarts.
func (s *Service) RevokeAll(ctx context.Context, req BulkReq) (Job, error) {
	if req.Query.empty() {
		return Job{}, invalid(ReasonSearch, "a bulk revocation needs a condition")
	}
	if err := s.checkQuery(req.Query); err != nil {
		return Job{}, err
	}
	if req.Reason == CertificateHold || req.Reason == RemoveFromCRL || !s.allowedSomewhere(req) {
		return Job{}, invalid(ReasonRevocationReason, "no profile allows this reason in bulk")
	}
	now := s.now()
	no := false
	req.Query.Revoked = &no
	if end := now.Add(time.Millisecond); req.Query.CreatedBefore.IsZero() || req.Query.CreatedBefore.After(end) {
		req.Query.CreatedBefore = end
	}
	j := Job{ID: simtrust.NewID("blk"), Query: req.Query, Reason: req.Reason, By: req.By, Started: now, Updated: now}
	text, err := json.Marshal(j.Query)
	if err != nil {
		return Job{}, err
	}
	err = s.amend(ctx, func(tx *sqldb.Tx) error {
		w := j.Query.where()
		if err := tx.QueryRow(ctx, `select count(*)`+certificateTables+` where `+w.text(), w.args...).Scan(&j.Total); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into ca_bulk
			(id, query, reason, requested_by, total, done, cursor_created, cursor_id, started, updated, finished, lease)
			values ($1, $2, $3, $4, $5, 0, 0, '', $6, $6, null, 0)`,
			j.ID, string(text), int64(j.Reason), j.By, j.Total, now.UnixMilli())
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, []AuditEntry{newAuditEntry(now, AuditBulk, j.ID, auditDetail{Reason: &j.Reason, By: j.By, Query: &j.Query})})
	})
	return j, err
}

func (s *Service) allowedSomewhere(req BulkReq) bool {
	for name := range s.issuance.Load().profiles {
		if (req.Query.Profile == "" || req.Query.Profile == name) && s.allows(name, RevokeReq{Reason: req.Reason}) {
			return true
		}
	}
	return false
}

// BulkJob returns a job. Errors: KindNotFound with [ReasonUnknownJob].
func (s *Service) BulkJob(ctx context.Context, id string) (Job, error) {
	j, err := scanJob(s.db.QueryRow(ctx, `select `+jobColumns+` from ca_bulk where id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownJob, Msg: "no such job"}
	}
	return j.Job, err
}

// WorkBulk works on the bulk revocations that no other node is at, until they are done.
func (s *Service) WorkBulk(ctx context.Context) error {
	for {
		j, ok, err := s.claimJob(ctx)
		if err != nil || !ok {
			return err
		}
		if err := s.workJob(ctx, &j); err != nil {
			return err
		}
	}
}

func (s *Service) workJob(ctx context.Context, j *job) error {
	size := bulkPage
	for {
		done, err := s.turnJob(ctx, j, size)
		switch {
		case done:
			return nil
		case simtrust.ReasonOf(err) == sqldb.ReasonContended:
			size = max(size/5, 1)
		case err != nil:
			return err
		}
	}
}

const jobColumns = `id, query, reason, requested_by, total, done, started, updated, finished, cursor_created, cursor_id`

type job struct {
	Job
	created int64 // where it stands
	id      string
}

func scanJob(row scanner) (j job, err error) {
	var query string
	var started, updated int64
	var finished sql.NullInt64
	if err := row.Scan(&j.ID, &query, &j.Reason, &j.By, &j.Total, &j.Done, &started, &updated, &finished, &j.created, &j.id); err != nil {
		return job{}, err
	}
	j.Started, j.Updated = instant(started), instant(updated)
	if finished.Valid {
		j.Finished = instant(finished.Int64)
	}
	return j, json.Unmarshal([]byte(query), &j.Query)
}

func (s *Service) claimJob(ctx context.Context) (j job, ok bool, err error) {
	now := s.now()
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		ok = false
		j, err = scanJob(tx.QueryRow(ctx, `
			update ca_bulk set lease = $2 where finished is null and lease <= $1 and id in
				(select id from ca_bulk where finished is null and lease <= $1 order by started limit 1)
			returning `+jobColumns, now.UnixMilli(), now.Add(bulkLease).UnixMilli()))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return j, ok, err
}

// turnJob revokes one page of at most size and moves the job on, in one transaction.
func (s *Service) turnJob(ctx context.Context, j *job, size int) (done bool, err error) {
	now := s.now()
	w := j.Query.where()
	w.after(j.created, j.id)
	text := w.page(size)
	var page []Certificate
	err = s.amend(ctx, func(tx *sqldb.Tx) error {
		if page, err = certificates(ctx, tx, text, w.args...); err != nil {
			return err
		}
		return s.revokePage(ctx, tx, *j, page, len(page) < size, now)
	})
	if err != nil {
		return false, err
	}
	if j.Reason == KeyCompromise {
		if err := s.strikeKeys(ctx); err != nil {
			return false, err
		}
	}
	j.Done += int64(len(page))
	if len(page) > 0 {
		last := page[len(page)-1]
		j.created, j.id = last.Created.UnixMilli(), last.ID
	}
	return len(page) < size, nil
}

func (s *Service) revokePage(ctx context.Context, tx *sqldb.Tx, j job, page []Certificate, last bool, now time.Time) error {
	var entries []AuditEntry
	req := RevokeReq{Reason: j.Reason}
	for _, c := range page {
		if s.mayRevoke(c, req, now) != nil {
			continue
		}
		if err := s.writeRevocation(ctx, tx, c, now, j.Reason, j.By); err != nil {
			return err
		}
		if j.Reason == KeyCompromise {
			if err := blockKey(ctx, tx, now, c.KeyHash, j.ID); err != nil {
				return err
			}
		}
		entries = append(entries, revokedEntry(now, c.ID, j.Reason, j.By))
	}
	var finished any
	created, id := j.created, j.id
	if last {
		finished = now.UnixMilli()
	}
	if len(page) > 0 {
		created, id = page[len(page)-1].Created.UnixMilli(), page[len(page)-1].ID
	}
	res, err := tx.Exec(ctx, `update ca_bulk set done = done + $2, cursor_created = $3, cursor_id = $4, updated = $5, finished = $6, lease = $7
		where id = $1 and cursor_created = $8 and cursor_id = $9`,
		j.ID, int64(len(page)), created, id, now.UnixMilli(), finished, now.Add(bulkLease).UnixMilli(), j.created, j.id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 { // another node is at it: the lease ran out
		return errors.Join(errOvertaken, err)
	}
	return appendAudit(ctx, tx, entries)
}
