package usat

// Facility is something that a handset can do: the number of its bit in TERMINAL PROFILE, octets from 0, low bit first (ETSI TS 102
// 223 §5.2, 3GPP TS 31.111 §5.2).
type Facility int

// The facilities that an applet needs.
const (
	SMSDownload       Facility = 0*8 + 1
	UCS2Entry         Facility = 1*8 + 5
	UCS2Display       Facility = 1*8 + 6
	DisplaysText      Facility = 2*8 + 0
	GetsInput         Facility = 2*8 + 2
	SendsShortMessage Facility = 3*8 + 1
)

// Profile is the octets of TERMINAL PROFILE.
type Profile []byte

// NewProfile returns the profile of a handset with these facilities.
func NewProfile(facilities ...Facility) Profile {
	var p Profile
	for _, f := range facilities {
		for len(p) <= int(f)/8 {
			p = append(p, 0)
		}
		p[f/8] |= 1 << (f % 8)
	}
	return p
}

// Has reports whether the handset has all the facilities.
func (p Profile) Has(facilities ...Facility) bool {
	for _, f := range facilities {
		if int(f)/8 >= len(p) || p[f/8]&(1<<(f%8)) == 0 {
			return false
		}
	}
	return true
}
