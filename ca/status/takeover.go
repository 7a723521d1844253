package status

import (
	"errors"
	"fmt"

	"simtrust/ca"
)

// issuers are those whose status is told. The value never changes: another one takes its place.
type issuers struct {
	all  []*authority
	byID map[string]*authority
}

// Prepare holds a hierarchy that was loaded again to what New holds the first to. Nothing changes until takeOver is called, which
// cannot fail: then new issuers' certificates have a status, and OCSP delegates that were renewed sign, while answers of the former
// ones stay good for their time. An issuer that was there stays, with what is known of it. All errors are returned together.
func (s *Service) Prepare(h *ca.Hierarchy) (takeOver func(), err error) {
	now := s.issuers.Load()
	next := &issuers{byID: map[string]*authority{}}
	for _, a := range now.all {
		next.add(a)
	}
	var unfit []error
	var appointments []func()
	for _, i := range h.Issuers {
		appoint, err := s.prepare(i, next)
		if err != nil {
			unfit = append(unfit, fmt.Errorf("status: issuer %s: %w", i.ID, err))
		}
		appointments = append(appointments, appoint)
	}
	if err := errors.Join(unfit...); err != nil {
		return nil, err
	}
	return func() {
		for _, appoint := range appointments {
			appoint()
		}
		s.issuers.Store(next)
	}, nil
}

func (n *issuers) add(a *authority) {
	n.all = append(n.all, a)
	n.byID[a.id] = a
}

// prepare adds an issuer to next, or returns what gives one that is there its delegate.
func (s *Service) prepare(i *ca.Issuer, next *issuers) (appoint func(), err error) {
	nothing := func() {}
	a, known := next.byID[i.ID]
	switch {
	case i.OCSP == nil && s.now().After(i.NotAfter):
		return nothing, nil // it has ended, and with it all that it issued; one that was there keeps its last delegate
	case !known:
		a, err = newAuthority(i, s.config.Answers)
		if err == nil {
			next.add(a)
		}
		return nothing, err
	}
	d, err := newDelegate(i.OCSP, a.cert)
	return func() { a.answers.Store(d) }, err
}

// authorities are all whose status is told.
func (s *Service) authorities() []*authority { return s.issuers.Load().all }

// authority is that of an id.
func (s *Service) authority(id string) (*authority, bool) {
	a, ok := s.issuers.Load().byID[id]
	return a, ok
}
