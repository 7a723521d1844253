package messaging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

const (
	patternUpload = "POST /messaging/v1/chatbots/{chatbot}/files"
	patternFile   = "GET /messaging/v1/files/{file}"
	maxFile       = 10 << 20
	maxFiles      = 10_000
	maxFileOctets = 1 << 30
	fileAge       = 24 * 60 * 60 // seconds that clients may keep one
)

// fileTypes are those that handsets show, with the prefix of what net/http finds in them; empty: it knows no mark of theirs.
var fileTypes = map[string]string{
	"image/jpeg": "image/jpeg", "image/png": "image/png", "image/gif": "image/gif", "image/webp": "image/webp",
	"video/mp4": "video/mp4", "video/webm": "video/webm", "audio/mpeg": "audio/mpeg", "audio/amr": "", "application/pdf": "application/pdf",
}

// fileWire is a file as it is named in contents.
type fileWire struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
}

// upload takes a file, up to 10 MiB in the body of the request; its type is that of the header.
func (s *Service) upload(w http.ResponseWriter, r *http.Request) {
	ctx, chatbot := r.Context(), r.PathValue("chatbot")
	if err := s.Senders.Owned(ctx, client(ctx), chatbot); err != nil {
		rpc.Fail(w, r, err)
		return
	}
	data, err := readFile(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	f, err := s.KeepFile(ctx, chatbot, r.Header.Get("Content-Type"), data)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	answer(w, http.StatusCreated, fileWire{f.URL, f.ContentType, f.Size})
}

// KeepFile keeps a chatbot's file, of up to 10 MiB and of a type that must be what the octets look like, for 60 days at the URL that it returns.
// Errors: KindInvalid with [ReasonFile]; KindLimited with [ReasonFileRoom].
func (s *Service) KeepFile(ctx context.Context, chatbot, contentType string, data []byte) (gsma.FileInfo, error) {
	kind, err := fileKind(contentType, data)
	if err != nil {
		return gsma.FileInfo{}, err
	}
	id, now := simtrust.NewID("fil"), s.Now()
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if err := s.roomFor(ctx, tx, chatbot, len(data)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into messaging_file (id, chatbot, content_type, data, created) values ($1, $2, $3, $4, $5)`,
			id, chatbot, kind, data, now.UnixMilli())
		return err
	})
	return gsma.FileInfo{URL: s.Issuer + "/messaging/v1/files/" + id, ContentType: kind, Size: int64(len(data)), Until: now.Add(keepFiles)}, err
}

// roomFor refuses a file where the chatbot's take up their share of the store. What is put at once may go over it a little.
func (s *Service) roomFor(ctx context.Context, tx *sqldb.Tx, chatbot string, size int) error {
	var files, octets int64
	err := tx.QueryRow(ctx, `select count(*), coalesce(sum(octet_length(data)), 0) from messaging_file where chatbot = $1`, chatbot).Scan(&files, &octets)
	if err == nil && (files >= s.Files || octets+int64(size) > s.FileOctets) {
		err = errNoRoom
	}
	return err
}

func readFile(r *http.Request) ([]byte, error) {
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errFileSize
	}
	if err != nil {
		return nil, invalid(ReasonFile, "the file did not come whole")
	}
	return data, nil
}

var errFileSize = invalid(ReasonFile, fmt.Sprintf("a file has up to %d octets", maxFile))

// fileKind is the media type of a file that is what it says.
func fileKind(contentType string, data []byte) (string, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	looks, known := fileTypes[kind]
	switch {
	case err != nil || !known:
		return "", invalid(ReasonFile, "Content-Type: one of "+strings.Join(slices.Sorted(maps.Keys(fileTypes)), ", "))
	case len(data) > maxFile:
		return "", errFileSize
	case len(data) == 0 || looks != "" && http.DetectContentType(data) != looks:
		return "", invalid(ReasonFile, "the file is not of the type that Content-Type says")
	}
	return kind, nil
}

// download serves a file to whoever knows its name, which nobody guesses. Nothing in it runs.
func (s *Service) download(w http.ResponseWriter, r *http.Request) {
	var kind string
	var data []byte
	err := s.DB.QueryRow(r.Context(), `select content_type, data from messaging_file where id = $1`, r.PathValue("file")).Scan(&kind, &data)
	if _, ok, err := found(kind, err); err != nil || !ok {
		rpc.Fail(w, r, errors.Join(err, notFound(ReasonNoFile, "there is no such file")))
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, immutable, max-age="+strconv.Itoa(fileAge))
	_, _ = w.Write(data)
}

// client is who asks.
func client(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}
