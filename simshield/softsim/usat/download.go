package usat

import "simtrust/internal/tlv"

// AppendDownload appends the ENVELOPE that hands an SMS-DELIVER to the card (3GPP TS 31.111 §7.1.1.2). Its elements need not be
// comprehended but the message itself.
func AppendDownload(dst, tpdu []byte) []byte {
	return tlv.AppendBERFunc(dst, tagDownload, func(b []byte) []byte {
		return tlv.AppendComprehension(appendDevices(b, deviceNetwork, deviceUICC), tagTPDU, true, tpdu)
	})
}

// ParseDownload reads such an ENVELOPE and returns the TPDU. The error is [ErrMalformed], or [ErrBeyond] for another one.
func ParseDownload(octets []byte) (tpdu []byte, err error) {
	e, err := only(octets)
	switch {
	case err != nil:
		return nil, err
	case e.Tag != tagDownload:
		return nil, ErrBeyond
	}
	f, err := parseFields(e.Value, tagDevices, tagAddress, tagTPDU)
	if err != nil {
		return nil, err
	}
	if err := f.between(deviceNetwork, deviceUICC); err != nil {
		return nil, err
	}
	if len(f[tagTPDU]) == 0 {
		return nil, ErrMalformed
	}
	return f[tagTPDU], nil
}
