package app

import (
	"context"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/prometheus/client_golang/prometheus"

	"simtrust/ca"
	"simtrust/internal/rpc"
)

// Hierarchy is the authority's hierarchy as one node has it.
type Hierarchy struct {
	// Fingerprint is the SHA-256 of the manifest it was read from, at Read.
	Fingerprint string    `json:"fingerprint"`
	Read        time.Time `json:"read"`
	// Problem says why the hierarchy that is on disk by now was refused; empty: it is the one in use.
	Problem string   `json:"problem,omitempty"`
	Members []Member `json:"members"`
}

// Member is a certificate of the hierarchy that does something.
type Member struct {
	ID        string    `json:"id"`
	Role      string    `json:"role"` // root, issuing, ocsp or timestamp
	Line      string    `json:"line,omitempty"`
	Algorithm string    `json:"algorithm,omitempty"`
	State     string    `json:"state"`
	NotAfter  time.Time `json:"not_after"`
}

// The states of members.
const (
	stateTrusted = "trusted"     // a root
	stateSigns   = "signs"       // a delegate
	stateIssues  = "issues"      // new certificates come from here
	stateComes   = "takes over"  // they will, after the lead
	stateStatus  = "status only" // they no longer do
)

const patternHierarchy = "GET /ca/v1/hierarchy"

func (f *follower) mount(r *rpc.Router) {
	f.hierarchy.mount(r)
	rpc.Handle(r, "ca.hierarchy", patternHierarchy, func(context.Context, nothing) (Hierarchy, error) { return f.view(), nil }, rpc.Scope(ca.ScopeRead))
}

func (f *follower) view() Hierarchy {
	now := f.now.Load()
	v := Hierarchy{Fingerprint: now.fingerprint, Read: now.read, Members: f.members()}
	if p := f.problem.Load(); p != nil {
		v.Problem = *p
	}
	return v
}

// members are the certificates that are in use, and those that will be.
func (f *follower) members() (all []Member) {
	known, used := f.now.Load().Hierarchy, f.parts.Hierarchy()
	for _, der := range known.Roots {
		if root, err := smx509.ParseCertificate(der); err == nil { // it was read before
			all = append(all, Member{ID: root.Subject.CommonName, Role: "root", State: stateTrusted, NotAfter: root.NotAfter})
		}
	}
	for _, i := range known.Issuers {
		all = append(all, Member{ID: i.ID, Role: "issuing", Line: string(i.Line), Algorithm: string(i.Algorithm), State: stateOf(i, used), NotAfter: i.NotAfter})
		if i.OCSP != nil {
			all = append(all, Member{ID: i.ID, Role: "ocsp", State: stateSigns, NotAfter: i.OCSP.NotAfter})
		}
	}
	if d := used.TSA; d != nil {
		if c, err := smx509.ParseCertificate(d.Raw); err == nil {
			all = append(all, Member{ID: c.Subject.CommonName, Role: "timestamp", State: stateSigns, NotAfter: d.NotAfter})
		}
	}
	return all
}

func stateOf(i *ca.Issuer, used *ca.Hierarchy) string {
	if now, ok := used.Issuer(i.ID); ok && now.Active {
		return stateIssues
	}
	if i.Active {
		return stateComes
	}
	return stateStatus
}

var (
	endDesc = prometheus.NewDesc("simtrust_ca_not_after_timestamp_seconds",
		"When a certificate of the hierarchy ends, seconds since 1970, by role (root, issuing, ocsp, timestamp) and id.", []string{"role", "id"}, nil)
	refusedDesc = prometheus.NewDesc("simtrust_ca_hierarchy_refused",
		"1 while the hierarchy on disk was refused and the one before goes on, else 0.", nil, nil)
)

// Describe implements prometheus.Collector.
func (f *follower) Describe(to chan<- *prometheus.Desc) { to <- endDesc; to <- refusedDesc }

// Collect implements prometheus.Collector.
func (f *follower) Collect(to chan<- prometheus.Metric) {
	for _, m := range f.members() {
		to <- prometheus.MustNewConstMetric(endDesc, prometheus.GaugeValue, float64(m.NotAfter.Unix()), m.Role, m.ID)
	}
	refused := 0.0
	if f.problem.Load() != nil {
		refused = 1
	}
	to <- prometheus.MustNewConstMetric(refusedDesc, prometheus.GaugeValue, refused)
}

// Hierarchy shows the authority's hierarchy as the node that answers has it.
func (c Client) Hierarchy(ctx context.Context) (Hierarchy, error) {
	return rpc.Call[nothing, Hierarchy](c.c, patternHierarchy)(ctx, nothing{})
}
