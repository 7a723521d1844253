package rbm

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

const (
	keptFiles = "/messaging/v1/files/"
	namedFile = "url_"
	maxUpload = 10 << 20
	maxNamed  = 10_000 // of one agent
	keepNamed = 60 * 24 * time.Hour
	pruneTime = time.Hour
)

var errFiles = error(&simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonFiles, Op: op, Msg: "the agent has named as many files as it may; they go after 60 days"})

// upload keeps the octets of a file for 60 days; the Content-Type is the file's.
func (s *Service) upload(w http.ResponseWriter, r *http.Request) {
	f, err := s.keep(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	answer(w, f)
}

func (s *Service) keep(r *http.Request) (File, error) {
	chatbot, err := s.agent(r.Context(), r.URL.Query().Get("agentId"))
	if err != nil {
		return File{}, err
	}
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return File{}, argument("the file has more than 10 MiB")
	}
	if err != nil {
		return File{}, argument("the file did not come whole")
	}
	kept, err := s.Messages.KeepFile(r.Context(), chatbot, r.Header.Get("Content-Type"), data)
	return File{FilePrefix + strings.TrimPrefix(kept.URL, s.Issuer+keptFiles)}, err
}

// fileWire gives a file elsewhere a name. It is neither fetched nor kept: whoever shows it gets it from there.
func (s *Service) fileWire(ctx context.Context, w fileWire) (File, error) {
	chatbot, err := s.agent(ctx, w.Agent)
	if err != nil {
		return File{}, err
	}
	c := &ContentInfo{FileURL: w.FileURL, ThumbnailURL: w.ThumbnailURL}
	if _, err := (&AgentMessage{ContentMessage: &ContentMessage{ContentInfo: c}}).Content(nil); err != nil {
		return File{}, asError(err)
	}
	id := simtrust.NewID(strings.TrimSuffix(namedFile, "_"))
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, `select count(*) from messaging_rbm_file where chatbot = $1`, chatbot).Scan(&n); err != nil {
			return err
		}
		if n >= maxNamed {
			return errFiles
		}
		_, err := tx.Exec(ctx, `insert into messaging_rbm_file (id, chatbot, url, thumbnail, created) values ($1, $2, $3, $4, $5)`,
			id, chatbot, w.FileURL, w.ThumbnailURL, s.Now().UnixMilli())
		return err
	})
	return File{FilePrefix + id}, err
}

// namedFiles are those of an agent's ids, by reference.
func (s *Service) namedFiles(ctx context.Context, chatbot string, ids []string) (Known, error) {
	known := Known{}
	if len(ids) == 0 {
		return known, nil
	}
	cond, args := sqldb.In(s.DB.Dialect(), "id", 2, ids)
	rows, err := s.DB.Query(ctx, `select id, url, thumbnail from messaging_rbm_file where chatbot = $1 and `+cond, append([]any{chatbot}, args...)...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (nothing struct{}, err error) {
		var id, url, thumbnail string
		err = rows.Scan(&id, &url, &thumbnail)
		f := gsma.File{FileInfo: gsma.FileInfo{URL: url}}
		if thumbnail != "" {
			f.Thumbnail = &gsma.FileInfo{URL: thumbnail}
		}
		known[FilePrefix+id] = f
		return nothing, err
	})
	return known, err
}

// Run removes names that nobody uses any more, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old names of files cannot be removed", "error", err)
			}
		}
	}
}

// Prune removes names of more than 60 days.
func (s *Service) Prune(ctx context.Context) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `delete from messaging_rbm_file where created < $1`, s.Now().Add(-keepNamed).UnixMilli())
		return err
	})
}
