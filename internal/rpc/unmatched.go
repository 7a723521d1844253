package rpc

import (
	"net/http"
	"time"

	"simtrust"
)

// unmatched serves the paths below a face's prefix that name no operation, through the same ring.
func (r *Router) unmatched(f Face) http.Handler {
	o := &operation{Op: Op{Name: "unmatched", Public: true}, face: f, maxBody: r.cfg.MaxBody, timeout: time.Second}
	return r.ring(o, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		allow := r.allowed(req)
		if allow == "" {
			Fail(w, req, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoResource, Msg: "no such resource"})
			return
		}
		w.Header().Set("Allow", allow)
		Fail(w, req, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonMethod, Msg: "the resource does not have this method; see Allow"})
	}))
}

// allowed returns the methods of the request's path, for the Allow header, or "". Only ServeMux knows them, and tells them only
// by answering.
func (r *Router) allowed(req *http.Request) string {
	h, _ := r.mux.Handler(req)
	answer := headerOnly{http.Header{}}
	h.ServeHTTP(answer, req)
	return answer.header.Get("Allow")
}

type headerOnly struct{ header http.Header }

func (h headerOnly) Header() http.Header         { return h.header }
func (h headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (h headerOnly) WriteHeader(int)             {}
