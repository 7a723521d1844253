package tsa

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"simtrust"
	"simtrust/internal/rpc"
)

// ReasonMediaType is of kind invalid, in HTTP only: the body is not application/timestamp-query.
const ReasonMediaType = "not_timestamp_query"

// Path is where Mount serves requests.
const Path = "/tsa"

const (
	typeQuery = "application/timestamp-query"
	typeReply = "application/timestamp-reply"
)

// Mount serves time stamps to everybody.
func (s *Service) Mount(r *rpc.Router) {
	r.Raw("tsa.stamp", "POST "+Path, http.HandlerFunc(s.stamp), rpc.Public())
}

func (s *Service) stamp(w http.ResponseWriter, r *http.Request) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeQuery {
		rpc.Fail(w, r, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonMediaType, Op: "tsa.stamp", Msg: "the body is not " + typeQuery})
		return
	}
	der, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1)) // one more octet is refused as too long
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); err != nil && !tooLarge {
		return // the client went away
	}
	reply := s.Stamp(r.Context(), der)
	h := w.Header()
	h.Set("Content-Type", typeReply)
	h.Set("Content-Length", strconv.Itoa(len(reply)))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(reply) // the client is gone: nobody is left to tell
}
