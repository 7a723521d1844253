package authn

import "simtrust/authn/radius"

// merge is what a batch of changes comes to. Every value is the least or the greatest of its kind, here and where the store merges
// it into what is there, so neither order nor repetition of records matters.
type merge struct {
	sessions    map[session]times
	claims      map[claimKey]naming
	cleared     map[string]int64 // by NAS
	quarantined map[string]*quarantined
	doubts      map[string]int64 // by number
}

// times are the latest records of a session; see [claim].
type times struct{ started, heard, unsure, stopped int64 }

// naming is when a session named an address; see [claim].
type naming struct{ since, last, released int64 }

func newMerge() *merge {
	return &merge{
		sessions: map[session]times{}, claims: map[claimKey]naming{}, cleared: map[string]int64{},
		quarantined: map[string]*quarantined{}, doubts: map[string]int64{},
	}
}

func (m *merge) add(c change) {
	if q := c.quarantine; q != nil {
		m.setAside(q)
		if !opens(c.status) || c.session.sid == "" {
			return
		}
	}
	switch c.status {
	case radius.AccountingOn:
		// A session may open in the second in which the NAS came up.
		m.clear(c.session.nas, c.at-c.at%1000)
	case radius.AccountingOff:
		m.clear(c.session.nas, c.at+1)
	case radius.Stop:
		m.hear(c.session, times{stopped: c.at})
	case radius.Start:
		m.claim(c, times{started: c.at, heard: c.at})
	case radius.InterimUpdate:
		m.claim(c, times{heard: c.at})
	}
}

// claim notes a record that names addresses.
func (m *merge) claim(c change, t times) {
	if c.owner.unowned() {
		t.unsure = c.at
	}
	m.hear(c.session, t)
	for _, s := range c.held {
		m.name(claimKey{s, c.session, c.owner}, naming{since: c.at, last: c.at})
	}
	for _, s := range c.released {
		m.name(claimKey{s, c.session, c.owner}, naming{since: c.at, released: c.at})
	}
}

func (m *merge) hear(key session, t times) {
	was := m.sessions[key]
	m.sessions[key] = times{
		started: max(was.started, t.started), heard: max(was.heard, t.heard),
		unsure: max(was.unsure, t.unsure), stopped: max(was.stopped, t.stopped),
	}
}

func (m *merge) name(key claimKey, n naming) {
	was, known := m.claims[key]
	if !known {
		was = n
	}
	m.claims[key] = naming{
		since: min(was.since, n.since), last: max(was.last, n.last), released: max(was.released, n.released),
	}
}

func (m *merge) clear(nas string, at int64) { m.cleared[nas] = max(m.cleared[nas], at) }

func (m *merge) setAside(q *quarantined) {
	m.quarantined[q.id] = q.with(m.quarantined[q.id])
	if !q.number.IsZero() {
		m.doubts[q.number.E164()] = max(m.doubts[q.number.E164()], q.received)
	}
}
