package softsim

import (
	"simtrust/internal/tlv"
)

// A fileID names a file (ETSI TS 102 221 §8.6, 3GPP TS 31.102 §4).
type fileID uint16

const (
	fileMF    fileID = 0x3f00
	fileDir   fileID = 0x2f00
	fileICCID fileID = 0x2fe2
	fileUSIM  fileID = 0x7fff // the application's reserved identifier
	fileIMSI  fileID = 0x6f07
	fileAD    fileID = 0x6fad
	fileUST   fileID = 0x6f38
)

// usimAID is the application identifier: RID of 3GPP, code of the USIM (ETSI TS 101 220 annex E), no provider code.
var usimAID = []byte{0xa0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}

// dirRecord is the length of the records of EF_DIR.
const dirRecord = 26

// A file is a directory where it has no content. Record is the length of its records; 0: transparent.
type file struct {
	id, parent fileID
	guarded    bool // read only after the SIM PIN
	record     int
	content    func(*Personalisation) []byte
}

var files = map[fileID]file{
	fileMF:    {id: fileMF},
	fileUSIM:  {id: fileUSIM, parent: fileMF},
	fileDir:   {id: fileDir, parent: fileMF, record: dirRecord, content: directory},
	fileICCID: {id: fileICCID, parent: fileMF, content: iccid},
	fileIMSI:  {id: fileIMSI, parent: fileUSIM, guarded: true, content: imsi},
	fileAD:    {id: fileAD, parent: fileUSIM, content: administrative},
	fileUST:   {id: fileUST, parent: fileUSIM, guarded: true, content: services},
}

func (f file) isDirectory() bool { return f.content == nil }

// directory is EF_DIR (ETSI TS 102 221 §13.1): one application template.
func directory(*Personalisation) []byte {
	return padded(tlv.AppendBERFunc(nil, 0x61, func(b []byte) []byte {
		return tlv.AppendBER(tlv.AppendBER(b, 0x4f, usimAID), 0x50, []byte("simtrust"))
	}), dirRecord)
}

// iccid is EF_ICCID (ETSI TS 102 221 §13.2): digits in pairs, the first of each in the low half.
func iccid(p *Personalisation) []byte { return padded(swapped(p.ICCID), 10) }

// imsi is EF_IMSI (3GPP TS 31.102 §4.2.2): length, then digits behind one half octet of parity.
func imsi(p *Personalisation) []byte {
	parity := "1"
	if len(p.IMSI)%2 == 1 {
		parity = "9"
	}
	digits := swapped(parity + p.IMSI)
	return padded(append([]byte{byte(len(digits))}, digits...), 9)
}

// administrative is EF_AD (3GPP TS 31.102 §4.2.18): normal operation, length of the network code.
func administrative(p *Personalisation) []byte { return []byte{0, 0, 0, byte(p.MNCLength)} }

// services is EF_UST (3GPP TS 31.102 §4.2.8): 28, data download by SMS-PP.
func services(*Personalisation) []byte {
	const download = 28
	table := make([]byte, (download+7)/8)
	table[(download-1)/8] |= 1 << ((download - 1) % 8)
	return table
}

// swapped packs digits two by two, the first in the low half octet; a last half without digit is F.
func swapped(digits string) []byte {
	b := make([]byte, (len(digits)+1)/2)
	for i := range b {
		b[i] = 0xf0 | digits[2*i] - '0'
		if 2*i+1 < len(digits) {
			b[i] = digits[2*i] - '0' | (digits[2*i+1]-'0')<<4
		}
	}
	return b
}

func padded(b []byte, n int) []byte {
	for len(b) < n {
		b = append(b, 0xff)
	}
	return b
}
