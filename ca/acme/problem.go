package acme

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
)

// problem is an error as RFC 8555, section 6.7, and RFC 9457 write it.
type problem struct {
	Type        string      `json:"type"`
	Detail      string      `json:"detail,omitempty"`
	Status      int         `json:"status"`
	Algorithms  []string    `json:"algorithms,omitempty"`
	Identifier  *identifier `json:"identifier,omitempty"`
	Subproblems []problem   `json:"subproblems,omitempty"`

	location string // the existing object of a conflict
}

const errorSpace = "urn:ietf:params:acme:error:"

func (p *problem) Error() string { return "acme: " + p.Type[len(errorSpace):] + ": " + p.Detail }

func newProblem(status int, kind, detail string) *problem {
	return &problem{Type: errorSpace + kind, Detail: detail, Status: status}
}

func malformed(detail string) *problem {
	return newProblem(http.StatusBadRequest, "malformed", detail)
}

func unauthorized(detail string) *problem {
	return newProblem(http.StatusForbidden, "unauthorized", detail)
}

func badCSR(detail string) *problem { return newProblem(http.StatusBadRequest, "badCSR", detail) }

func badPublicKey(detail string) *problem {
	return newProblem(http.StatusBadRequest, "badPublicKey", detail)
}

func rejected(name, detail string) *problem {
	p := newProblem(http.StatusForbidden, "rejectedIdentifier", detail)
	p.Identifier = &identifier{Type: "dns", Value: name}
	return p
}

var (
	errServer      = newProblem(http.StatusInternalServerError, "serverInternal", "the server failed; nothing was done")
	errUnavailable = newProblem(http.StatusServiceUnavailable, "serverInternal", "the server cannot answer now; try again")
	errLimited     = newProblem(http.StatusTooManyRequests, "rateLimited", "too many requests; try again later")
	errNotFound    = newProblem(http.StatusNotFound, "malformed", "no such resource")
	errNotYours    = unauthorized("this belongs to another account")
)

// problemOf renders any error. What is not one of ours keeps its text for the log.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errUnavailable
	}
	switch simtrust.KindOf(err) {
	case simtrust.KindLimited:
		return errLimited
	case simtrust.KindUnavailable:
		return errUnavailable
	case simtrust.KindNotFound:
		return errNotFound
	}
	return errServer
}

func (p *problem) retries() bool {
	return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
}

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", rpc.ProblemType)
	if p.location != "" {
		h.Set("Location", p.location)
	}
	if p.retries() {
		h.Set("Retry-After", "1")
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings only
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(text) // the client has gone
}

// Face renders what goes wrong outside the handlers: unknown paths, methods, oversized bodies, panics.
type Face struct{}

// Strict implements rpc.Face.
func (Face) Strict() bool { return false }

// Correlator implements rpc.Face.
func (Face) Correlator(h http.Header) (string, error) { return rpc.Problem{}.Correlator(h) }

// Render implements rpc.Face.
func (Face) Render(err *simtrust.Error, _ string) rpc.Reply {
	p := *problemOf(err)
	if status := rpc.StatusOf(err); status < http.StatusInternalServerError && err.Kind != simtrust.KindLimited {
		p = *newProblem(status, "malformed", err.Msg)
	}
	text, err2 := json.Marshal(&p)
	if err2 != nil {
		panic(err2) // strings only
	}
	return rpc.Reply{Status: p.Status, ContentType: rpc.ProblemType, Body: text}
}
