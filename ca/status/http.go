package status

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// Reasons of errors, in HTTP only: OCSP has codes of its own.
const (
	ReasonUnknownIssuer = "unknown_issuer" // not found
	ReasonUnknownList   = "unknown_list"   // not found: no CRL at this address
	ReasonNoListYet     = "no_list_yet"    // unavailable: not published yet
)

const (
	typeRequest  = "application/ocsp-request"
	typeResponse = "application/ocsp-response"
	typeCRL      = "application/pkix-crl" // RFC 5280, section 4.2.1.13; RFC 2585
)

// Mount serves OCSP and CRLs. A server in front of the router needs [KeepSlashes].
func (s *Service) Mount(r *rpc.Router) {
	r.Raw("ocsp.get", "GET /ocsp/{issuer}/{request...}", http.HandlerFunc(s.getOCSP), rpc.Public())
	r.Raw("ocsp.post", "POST /ocsp/{issuer}", http.HandlerFunc(s.postOCSP), rpc.Public())
	r.Raw("crl.get", "GET /crl/{issuer}/{list}", http.HandlerFunc(s.getCRL), rpc.Public())
}

// KeepSlashes makes OCSP requests reach their handler whose base64 has two slashes side by side: clients should escape them and
// often do not (RFC 5019, section 5), and a router takes a path with such for one in need of cleaning.
func KeepSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); strings.HasPrefix(path, "/ocsp/") && strings.Contains(path, "//") {
			r = r.Clone(r.Context())
			r.URL.RawPath = strings.ReplaceAll(path, "//", "/%2F")
			for strings.Contains(r.URL.RawPath, "//") {
				r.URL.RawPath = strings.ReplaceAll(r.URL.RawPath, "//", "/%2F")
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Service) authorityOf(r *http.Request) (*authority, error) {
	if a, ok := s.authority(r.PathValue("issuer")); ok {
		return a, nil
	}
	return nil, errUnknownIssuer
}

var errUnknownIssuer = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownIssuer, Op: "status", Msg: "no such issuer"}

func (s *Service) getOCSP(w http.ResponseWriter, r *http.Request) {
	a, err := s.authorityOf(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	der, ok := pathRequest(r.PathValue("request"))
	if !ok {
		s.refuse(w)
		return
	}
	s.writeReply(w, r, s.respond(r.Context(), a, der))
}

// pathRequest decodes base64 from a path, as clients write it: escaped once, twice or not at all, with or without padding.
func pathRequest(text string) ([]byte, bool) {
	if len(text) > 2*maxRequest {
		return nil, false
	}
	if strings.Contains(text, "%") {
		var err error
		if text, err = url.PathUnescape(text); err != nil {
			return nil, false
		}
	}
	text = strings.ReplaceAll(strings.TrimLeft(text, "/"), " ", "+") // a plus sign, taken for a space on the way
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return der, err == nil && len(der) > 0
}

func (s *Service) postOCSP(w http.ResponseWriter, r *http.Request) {
	a, err := s.authorityOf(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeRequest {
		rpc.Fail(w, r, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonMediaType, Op: "status.ocsp", Msg: "the body is not " + typeRequest})
		return
	}
	der, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); err != nil && !tooLarge {
		return // the client went away
	}
	if err != nil || len(der) > maxRequest {
		s.refuse(w)
		return
	}
	reply := s.respond(r.Context(), a, der)
	writeOCSP(w, reply.der) // answers to POST are not for caches
}

// refuse answers what cannot be a request.
func (s *Service) refuse(w http.ResponseWriter) {
	s.metrics.answered[stateMalformed].Inc()
	writeOCSP(w, malformedRequest.der())
}

func writeOCSP(w http.ResponseWriter, der []byte) {
	h := w.Header()
	h.Set("Content-Type", typeResponse)
	h.Set("Content-Length", strconv.Itoa(len(der)))
	_, _ = w.Write(der) // the client is gone: nobody is left to tell
}

// writeReply answers GET with the headers of RFC 5019, section 6.2.
func (s *Service) writeReply(w http.ResponseWriter, r *http.Request, reply reply) {
	if reply.etag == "" {
		writeOCSP(w, reply.der)
		return
	}
	now := s.now()
	age := min(maxAge, reply.next.Sub(now)).Truncate(time.Second)
	h := w.Header()
	h.Set("Cache-Control", "max-age="+strconv.Itoa(int(age/time.Second))+", public, no-transform, must-revalidate")
	h.Set("ETag", reply.etag)
	h.Set("Last-Modified", reply.checked.Format(http.TimeFormat))
	h.Set("Expires", now.Add(age).UTC().Format(http.TimeFormat))
	if notModified(r, reply.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeOCSP(w, reply.der)
}

func notModified(r *http.Request, etag string) bool {
	for _, field := range r.Header["If-None-Match"] {
		for tag := range strings.SplitSeq(field, ",") {
			if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}

func (s *Service) getCRL(w http.ResponseWriter, r *http.Request) {
	p, err := s.servedList(r)
	if simtrust.ReasonOf(err) == ReasonUnknownIssuer && s.config.OtherLists != nil {
		s.config.OtherLists.ServeHTTP(w, r)
		return
	}
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", typeCRL)
	h.Set("Cache-Control", "public, max-age=2, must-revalidate")
	h.Set("ETag", p.etag)
	http.ServeContent(w, r, "", p.this, bytes.NewReader(p.der))
}

// servedList finds the list of a path such as bank-p256-2026/7.crl.
func (s *Service) servedList(r *http.Request) (*published, error) {
	a, err := s.authorityOf(r)
	if err != nil {
		return nil, err
	}
	name, ok := strings.CutSuffix(r.PathValue("list"), ".crl")
	number, err := strconv.Atoi(name)
	if ok && err == nil && strconv.Itoa(number) == name {
		if p := s.served.get(shardKey{a.id, number}); p != nil {
			return p, nil
		}
		if number >= 0 && number < s.config.Shards {
			return nil, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonNoListYet, Op: "status.crl", Msg: "the list is not published yet"}
		}
	}
	return nil, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownList, Op: "status.crl", Msg: "no such list"}
}
