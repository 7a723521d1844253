package simtrust

import "time"

// TenureID names one tenure: ten_ and 128 random bits. Everything durable stores a TenureID, nothing stores a number as its key.
type TenureID string

// NewTenureID makes a fresh id.
func NewTenureID() TenureID { return TenureID(NewID("ten")) }

// HolderID is the operator's own subscriber reference, a person or an organisation. It never leaves the operator.
type HolderID string

// Tenure is one holder's unbroken holding of one number at this operator, half-open [Opened, Closed).
type Tenure struct {
	ID     TenureID
	Number Number
	Holder HolderID
	Opened time.Time
	// Closed is zero while the tenure is open.
	Closed time.Time
	// OutOfSight is set while the number is ported out: the tenure is not current and everything on it is suspended.
	OutOfSight bool
	// Suspended is set while the operator bars the line; a suspended line authenticates nobody.
	Suspended bool
	// Anonymous is set on an organisation's line without a named user: such a line gets no one-key login.
	Anonymous bool
}

// Current reports whether the tenure is open and in sight.
func (t Tenure) Current() bool { return t.Closed.IsZero() && !t.OutOfSight }

// Usable reports whether the tenure may authenticate its holder: current, not suspended, with a named user.
func (t Tenure) Usable() bool { return t.Current() && !t.Suspended && !t.Anonymous }
