package renumber

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// observation is a phone that the network saw behind a tenure.
type observation struct {
	tenure simtrust.TenureID
	device string
	at     time.Time
}

// ObserveDevice records the phone that the network saw behind a tenure at an instant, by IMEI or IMEISV. Another phone than the
// one recorded is a device change; the first one is none, and neither is a new software version. An observation older than the
// phone recorded, or of a tenure that is not current, changes nothing, and one from the future counts as of now. Errors:
// KindInvalid with [ReasonMalformed] for anything but an IMEI.
func (s *Service) ObserveDevice(ctx context.Context, id simtrust.TenureID, imei string, at time.Time) error {
	device, ok := deviceOf(imei)
	if !ok {
		return errMalformed("renumber.observe", "an IMEI is 14 to 16 digits")
	}
	at = instant(at)
	live, err := s.Live(ctx, []simtrust.TenureID{id})
	if err != nil {
		return err
	}
	h, ok := live[id]
	if !ok || h.Device == device || h.DeviceSince.After(at) {
		return nil
	}
	_, err = s.devices.Do(ctx, observation{id, device, at})
	return err
}

// observe records a batch of observations. It holds the rows of their tenures before it reads the counters, so that the feed
// cannot give the same numbers to facts of its own.
func (s *Service) observe(ctx context.Context, tx *sqldb.Tx, batch []observation) ([]sqldb.Result[struct{}], error) {
	ids := make([]simtrust.TenureID, len(batch))
	for i, o := range batch {
		ids[i] = o.tenure
	}
	records, err := lockCurrent(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	recorded := instant(s.now())
	l := newLedger(recorded, simtrust.NewTenureID, records)
	byID := make(map[simtrust.TenureID]*Record, len(records))
	for _, r := range records {
		byID[r.ID] = r
	}
	for _, o := range batch {
		if r := byID[o.tenure]; r != nil {
			_ = l.foundDevice(r, o.device, earlier(o.at, recorded)) // somebody else may have recorded it since
		}
	}
	return make([]sqldb.Result[struct{}], len(batch)), s.save(ctx, tx, l)
}
