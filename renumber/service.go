package renumber

import (
	"embed"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's schema.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "renumber", FS: migrations} }

// Service keeps the record. It is safe for concurrent use.
type Service struct {
	db      *sqldb.DB
	outbox  Events
	now     func() time.Time
	zone    *time.Location
	covered time.Time

	byNumber *sqldb.Coalescer[simtrust.Number, Holding]
	byTenure *sqldb.Coalescer[simtrust.TenureID, Holding]
	devices  *sqldb.Coalescer[observation, struct{}]
	feeding  chan struct{} // holds one entry while a batch is applied
}

// New returns a Service over a migrated store.
func New(d Deps, c Config) *Service {
	s := &Service{db: d.DB, outbox: d.Outbox, now: d.Now, zone: c.Zone, covered: c.Covered, feeding: make(chan struct{}, 1)}
	if s.zone == nil {
		s.zone = time.UTC
	}
	s.byNumber = sqldb.NewReadCoalescer(d.DB, "renumber.current", currentOf)
	s.byTenure = sqldb.NewReadCoalescer(d.DB, "renumber.live", liveOf)
	s.devices = sqldb.NewCoalescer(d.DB, "renumber.device", s.observe)
	return s
}

// Close ends the workers behind the lookups; calls after it fail.
func (s *Service) Close() {
	s.byNumber.Close()
	s.byTenure.Close()
	s.devices.Close()
}
