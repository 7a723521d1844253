package app

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/ca/status"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
)

// hierarchy is the authority's hierarchy on disk and what of it is public.
type hierarchy struct {
	ceremony ceremony.Ceremony
	files    atomic.Pointer[map[string]ceremony.File] // by path
}

// renewalCheck is how often a running node looks whether an OCSP delegate or a root's CRL has to be signed anew.
const renewalCheck = 12 * time.Hour

func openHierarchy(ctx context.Context, dir string, vault *keys.Vault) (*hierarchy, *ca.Hierarchy, error) {
	h := &hierarchy{ceremony: ceremony.Ceremony{Dir: dir, Vault: vault}}
	loaded, err := h.load(ctx)
	return h, loaded, err
}

// load renews what ends soon, and reads and proves the rest.
func (h *hierarchy) load(ctx context.Context) (*ca.Hierarchy, error) {
	if _, err := h.ceremony.Renew(ctx); err != nil {
		return nil, err
	}
	loaded, err := ceremony.Load(ctx, h.ceremony.Dir, h.ceremony.Vault, time.Now())
	if err != nil {
		return nil, err
	}
	published, err := ceremony.Published(h.ceremony.Dir)
	if err != nil {
		return nil, err
	}
	files := make(map[string]ceremony.File, len(published))
	for _, f := range published {
		files[f.Path] = f
	}
	h.files.Store(&files)
	return loaded, nil
}

// run keeps the delegates of a running node, and the public files, up to date until ctx ends. What another node renewed is taken over.
func (h *hierarchy) run(ctx context.Context, s *status.Service, report func(error)) error {
	tick := time.NewTicker(renewalCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			loaded, err := h.load(ctx)
			if err == nil {
				err = takeOver(s, loaded)
			}
			if err != nil {
				report(fmt.Errorf("certificate authority: %w", err))
			}
		}
	}
}

func takeOver(s *status.Service, loaded *ca.Hierarchy) error {
	f, err := s.Prepare(loaded)
	if err == nil {
		f()
	}
	return err
}

// mount serves the public files, each where certificates say it is. A ceremony that adds some takes effect with the next start.
func (h *hierarchy) mount(r *rpc.Router) {
	for path := range *h.files.Load() {
		r.Raw("ca.file"+path, "GET "+path, h.serve(path), rpc.Public())
	}
}

func (h *hierarchy) serve(path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f := (*h.files.Load())[path]
		w.Header().Set("Content-Type", f.ContentType)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(f.Body) // a client that went away needs no answer
	})
}
