package renumber

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"simtrust"
)

// MaxPage is how many numbers or tenures one look-up takes.
const MaxPage = 1000

// HoldersReq asks who holds numbers.
type HoldersReq struct {
	Numbers []string `json:"numbers"`
	// At asks for the tenures of that instant, by effective instants as far as they are recorded by now. Absent: the current ones.
	At *time.Time `json:"at,omitempty"`
}

// Format prints how many numbers there are, under every verb.
func (r HoldersReq) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("{%d numbers}", len(r.Numbers)))
}

// LogValue masks in structured logs.
func (r HoldersReq) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// LiveReq asks which tenures are current.
type LiveReq struct {
	Tenures []string `json:"tenures"`
}

// HoldersRes is the tenures found, in the order asked for and each once. A number that nobody held, and a tenure that is not current,
// is missing.
type HoldersRes struct {
	Holders []Holder `json:"holders"`
}

// Format prints how many holders there are, under every verb.
func (r HoldersRes) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("{%d holders}", len(r.Holders)))
}

// LogValue masks in structured logs.
func (r HoldersRes) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Holder is a tenure as consumers see it: never who the holder is.
type Holder struct {
	Number string    `json:"number"`
	Tenure string    `json:"tenure"`
	Opened time.Time `json:"opened"`
	// Current says that the tenure is today's; SIMChanged and Usable are of today and absent otherwise.
	Current bool `json:"current"`
	// SIMChanged is since when the primary SIM serves, effective; absent without one. It is Opened where it never changed.
	SIMChanged time.Time `json:"sim_changed,omitzero"`
	// Usable says that the line is not suspended and has a named user.
	Usable bool `json:"usable"`
}

// Format masks the number under every verb.
func (h Holder) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "{"+masked(h.Number)+" "+h.Tenure+"}")
}

// LogValue masks in structured logs.
func (h Holder) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(h)) }

func (s *Service) holders(ctx context.Context, req HoldersReq) (HoldersRes, error) {
	if err := checkPage("renumber.holders", len(req.Numbers)); err != nil {
		return HoldersRes{}, err
	}
	numbers, err := parseNumbers(req.Numbers)
	if err != nil {
		return HoldersRes{}, err
	}
	if req.At != nil {
		return s.holdersAt(ctx, numbers, *req.At)
	}
	held, err := s.Holders(ctx, numbers)
	return HoldersRes{inTurn(numbers, held)}, err
}

func (s *Service) live(ctx context.Context, req LiveReq) (HoldersRes, error) {
	if err := checkPage("renumber.live", len(req.Tenures)); err != nil {
		return HoldersRes{}, err
	}
	ids := make([]simtrust.TenureID, len(req.Tenures))
	for i, t := range req.Tenures {
		ids[i] = simtrust.TenureID(t)
	}
	live, err := s.Live(ctx, ids)
	return HoldersRes{inTurn(ids, live)}, err
}

// holdersAt is holders by an instant of the past. A number that was ported out then had no holder here.
func (s *Service) holdersAt(ctx context.Context, numbers []simtrust.Number, at time.Time) (HoldersRes, error) {
	if err := s.checkWindow("renumber.holders", at); err != nil {
		return HoldersRes{}, err
	}
	records, err := recordsOf(ctx, s.db, numbers)
	if err != nil {
		return HoldersRes{}, err
	}
	held := make(map[simtrust.Number]Holding, len(numbers))
	for n, t := range newLedger(time.Time{}, nil, records).timelines {
		if r := t.at(at); r != nil && !r.outOfSightAt(at) {
			held[n] = r.holding()
		}
	}
	return HoldersRes{inTurn(numbers, held)}, nil
}

// holding is the tenure as it is now, with as much of its SIMs as a Holder shows.
func (r *Record) holding() Holding {
	h := Holding{Tenure: r.Tenure}
	if p := r.primary(); p != nil {
		h.SIMChanged = p.Since
	}
	return h
}

// inTurn puts what was found in the order of the keys, each once.
func inTurn[K comparable](keys []K, found map[K]Holding) []Holder {
	holders := make([]Holder, 0, len(found))
	seen := make(map[K]bool, len(found))
	for _, k := range keys {
		if h, ok := found[k]; ok && !seen[k] {
			seen[k] = true
			holders = append(holders, holderOf(h))
		}
	}
	return holders
}

func holderOf(h Holding) Holder {
	out := Holder{Number: h.Number.E164(), Tenure: string(h.ID), Opened: h.Opened, Current: h.Current()}
	if out.Current {
		out.SIMChanged, out.Usable = h.SIMChanged, h.Usable()
	}
	return out
}

func checkPage(op string, n int) error {
	if n > MaxPage {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonPageTooBig, Op: op, Msg: fmt.Sprintf("at most %d at once; ask in pages", MaxPage)}
	}
	return nil
}

func parseNumbers(texts []string) (numbers []simtrust.Number, err error) {
	numbers = make([]simtrust.Number, len(texts))
	for i, t := range texts {
		if numbers[i], err = simtrust.ParseNumber(t); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}
