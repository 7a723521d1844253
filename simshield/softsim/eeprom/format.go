package eeprom

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

const (
	magic      = "simtrust card 1\n"
	headLength = 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends the octets of record to b; check is the running check of everything before them.
func appendRecord(b, record []byte, check uint32) ([]byte, uint32) {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(record)))
	head := crc32.Update(check, castagnoli, length)
	data := crc32.Update(head, castagnoli, record)
	b = append(b, length...)
	b = binary.BigEndian.AppendUint32(b, head)
	b = binary.BigEndian.AppendUint32(b, data)
	return append(b, record...), data
}

// parse returns the records of a file, the running check after them and the number of octets up to there; what follows is a torn
// record. Records are parts of file.
func parse(file []byte) (records [][]byte, check uint32, size int, err error) {
	if len(file) < len(magic) || string(file[:len(magic)]) != magic {
		return nil, 0, 0, fmt.Errorf("%w: not a card", ErrDamaged)
	}
	size = len(magic)
	for len(file)-size >= headLength {
		record, next, whole, err := parseRecord(file[size:], check)
		if err != nil {
			return nil, 0, 0, fmt.Errorf("%w: octet %d", err, size)
		}
		if !whole {
			break
		}
		records, check = append(records, record), next
		size += headLength + len(record)
	}
	return records, check, size, nil
}

// parseRecord reads the record at the start of b, which holds at least its head. A record that is not whole is torn, which only
// the last one can be.
func parseRecord(b []byte, check uint32) (record []byte, next uint32, whole bool, err error) {
	head := crc32.Update(check, castagnoli, b[:4])
	length := int(binary.BigEndian.Uint32(b))
	if binary.BigEndian.Uint32(b[4:]) != head {
		return nil, 0, false, unwritten(b)
	}
	if length > MaxRecord {
		return nil, 0, false, ErrDamaged
	}
	rest := b[headLength:]
	if len(rest) < length {
		return nil, 0, false, nil
	}
	record = rest[:length:length]
	next = crc32.Update(head, castagnoli, record)
	if binary.BigEndian.Uint32(b[8:]) == next {
		return record, next, true, nil
	}
	if len(rest) > length {
		return nil, 0, false, ErrDamaged
	}
	return nil, 0, false, nil
}

// unwritten accepts a tail of zeros: a file system may have given a file its new length before its new octets.
func unwritten(tail []byte) error {
	for _, o := range tail {
		if o != 0 {
			return ErrDamaged
		}
	}
	return nil
}
