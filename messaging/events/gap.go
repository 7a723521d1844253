package events

import (
	"encoding/json"
	"fmt"
)

// TypeGap is the type of what a stream says in place of events that are not kept any more. It is in no log.
const TypeGap = "gap"

// Gap are the numbers of the first and the last event that a stream cannot bring.
type Gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// withGaps puts gaps into events behind a number where numbers are missing: there are none but for what was pruned. head is the number of
// an event that there was before the events were read.
func (s *Service) withGaps(list []Entry, seq, head int64) []Entry {
	var out []Entry
	for _, e := range list {
		if e.Seq > seq+1 {
			out = append(out, s.gap(seq+1, e.Seq-1))
		}
		out, seq = append(out, e), e.Seq
	}
	if len(list) == 0 && seq < head {
		out = append(out, s.gap(seq+1, head))
	}
	return out
}

func (s *Service) gap(from, to int64) Entry {
	data, _ := json.Marshal(Gap{from, to}) // two numbers
	return Entry{Seq: to, ID: fmt.Sprintf("gap_%d_%d", from, to), Type: TypeGap, At: s.Now(), Data: data}
}
