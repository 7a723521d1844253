package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
)

// hierarchy is the authority's hierarchy on disk and what of it is public.
type hierarchy struct {
	ceremony ceremony.Ceremony
	fit      func(*ca.Hierarchy) error // whether the configuration is one for it
	now      atomic.Pointer[snapshot]  // what was read last and proven
}

// snapshot is a hierarchy as it was read. It never changes: another one takes its place.
type snapshot struct {
	*ca.Hierarchy
	fingerprint string // of the manifest it was read from
	read        time.Time
	files       map[string]ceremony.File // by path
}

// openHierarchy renews what ends soon, and reads and proves the rest.
func openHierarchy(ctx context.Context, dir string, vault *keys.Vault, fit func(*ca.Hierarchy) error) (*hierarchy, error) {
	h := &hierarchy{ceremony: ceremony.Ceremony{Dir: dir, Vault: vault}, fit: fit}
	if _, err := h.ceremony.Renew(ctx); err != nil {
		return nil, err
	}
	read, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	h.now.Store(read)
	return h, nil
}

// read proves the hierarchy that is on disk, every key of it. The fingerprint comes first: what changes meanwhile is read again.
func (h *hierarchy) read(ctx context.Context) (*snapshot, error) {
	fingerprint, err := ceremony.Fingerprint(h.ceremony.Dir)
	if err != nil {
		return nil, err
	}
	at := time.Now()
	loaded, err := ceremony.Load(ctx, h.ceremony.Dir, h.ceremony.Vault, at)
	if err != nil {
		return nil, err
	}
	if err := h.fit(loaded); err != nil {
		return nil, err
	}
	published, err := ceremony.Published(h.ceremony.Dir)
	if err != nil {
		return nil, err
	}
	s := &snapshot{loaded, fingerprint, at, make(map[string]ceremony.File, len(published))}
	for _, f := range published {
		s.files[f.Path] = f
	}
	return s, nil
}

// mount serves the public files, each where certificates say it is. CRLs of roots are below the address of those of issuers, whose
// handler asks [hierarchy.ServeHTTP] for what it does not know.
func (h *hierarchy) mount(r *rpc.Router) {
	r.Raw("ca.roots", "GET /ca/roots.pem", h, rpc.Public())
	r.Raw("ca.issuer", "GET /ca/issuers/{certificate}", h, rpc.Public())
}

var errNoFile = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_file", Msg: "the authority publishes no such file"}

// ServeHTTP serves a public file by its path.
func (h *hierarchy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := h.now.Load().files[r.URL.Path]
	if !ok {
		rpc.Fail(w, r, errNoFile)
		return
	}
	w.Header().Set("Content-Type", f.ContentType)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(f.Body) // a client that went away needs no answer
}
