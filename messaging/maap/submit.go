package maap

import (
	"context"
	"time"

	"simtrust"
	"simtrust/messaging/dispatch"
)

// keep is for how long after the end of a message its reports are taken.
const keep = 3 * 24 * time.Hour

// reasonForm is that of a content which a platform's form has no place for.
const reasonForm = "upstream_content"

// parcel is a copy for a platform, with its place in the call.
type parcel struct {
	place int
	way
	letter
	to simtrust.Number
}

// Submit implements dispatch.Bearer.
func (b *Bearer) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	out := make([]dispatch.Outcome, len(list))
	var parcels []parcel
	var rows []handing
	var others []dispatch.Submission
	var places []int
	directory := b.directory()
	for i, s := range list {
		w := directory.of(ctx, s.Chatbot)
		switch {
		case w.refusal.Answer != "":
			out[i] = w.refusal
		case w.platform != nil:
			if o, paused := b.paused(w.way); paused {
				out[i] = o
				continue
			}
			l, err := w.letter(s, nameOf(s.ID()), b.Now())
			if err != nil {
				out[i] = dispatch.Outcome{Answer: dispatch.Rejected, Reason: reasonForm}
				continue
			}
			parcels = append(parcels, parcel{i, w.way, l, s.Number})
			rows = append(rows, handing{l.id, w.account, s.ID(), l.ends, s.Expires.Add(keep)})
		case b.Gateway != nil:
			others, places = append(others, s), append(places, i)
		default:
			out[i] = dispatch.Outcome{Answer: dispatch.NotOnIt}
		}
	}
	if len(others) > 0 {
		for k, o := range b.Gateway.Submit(ctx, others) {
			out[places[k]] = o
		}
	}
	b.send(ctx, parcels, rows, out)
	return out
}

// sending is how a chatbot's messages go, or why they do not.
type sending struct {
	way
	refusal dispatch.Outcome
}

// directory asks about each chatbot of a call once.
type directory struct {
	b     *Bearer
	found map[string]sending
}

func (b *Bearer) directory() directory { return directory{b, map[string]sending{}} }

func (d directory) of(ctx context.Context, chatbot string) sending {
	s, ok := d.found[chatbot]
	if !ok {
		s = d.b.sending(ctx, chatbot)
		d.found[chatbot] = s
	}
	return s
}

func (b *Bearer) sending(ctx context.Context, chatbot string) sending {
	service, err := b.Directory.Live(ctx, chatbot)
	switch simtrust.KindOf(err) {
	case "":
		return sending{way: b.out[service]}
	case simtrust.KindDenied, simtrust.KindNotFound:
		return sending{refusal: dispatch.Outcome{Answer: dispatch.Rejected, Reason: simtrust.ReasonOf(err)}}
	}
	return sending{refusal: dispatch.Outcome{Answer: dispatch.Throttled}}
}

// send writes copies down and hands them over. One that was written down as never handed over stays so; one whose turn does not come in
// time is not begun.
func (b *Bearer) send(ctx context.Context, parcels []parcel, rows []handing, out []dispatch.Outcome) {
	if len(parcels) == 0 {
		return
	}
	found, err := hand(ctx, b.DB, rows)
	if err != nil {
		b.Log.WarnContext(ctx, "copies for platforms cannot be written down", "error", err)
	}
	b.each(ctx, len(parcels), func(i int) {
		p := parcels[i]
		switch {
		case err != nil:
			out[p.place] = dispatch.Outcome{Answer: dispatch.Throttled}
		case found[p.id].account != p.account || ctx.Err() != nil:
			out[p.place] = dispatch.Outcome{Answer: dispatch.Postponed}
		default:
			out[p.place] = b.give(ctx, p)
		}
	})
}
