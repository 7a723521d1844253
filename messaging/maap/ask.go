package maap

import (
	"context"

	"simtrust/messaging/dispatch"
)

// Query implements dispatch.Bearer. No platform can be asked: of a copy that it was handed only its reports tell. What nobody was handed
// is not taken, and is written down so that it never will be; where there is a gateway it is asked first, for its copies are not written
// down here.
func (b *Bearer) Query(ctx context.Context, list []dispatch.Copy) []dispatch.Finding {
	out := make([]dispatch.Finding, len(list))
	places, others, err := b.strangers(ctx, list)
	if err != nil || len(others) == 0 {
		return out
	}
	if b.Gateway != nil {
		for k, f := range b.Gateway.Query(ctx, others) {
			out[places[k]] = f
		}
	}
	var open []int
	var rows []handing
	for k, i := range places {
		if b.Gateway == nil || out[i].Fate == dispatch.FateNotTaken {
			open = append(open, i)
			rows = append(rows, handing{id: nameOf(others[k].ID()), copy: others[k].ID(), expires: b.Now().Add(keep)})
		}
	}
	found, err := hand(ctx, b.DB, rows)
	for k, i := range open {
		out[i] = dispatch.Finding{}
		if h, ok := found[rows[k].id]; err == nil && ok && h.account == "" {
			out[i].Fate = dispatch.FateNotTaken
		}
	}
	return out
}

// strangers are the copies that no platform was handed, with their places.
func (b *Bearer) strangers(ctx context.Context, list []dispatch.Copy) (places []int, others []dispatch.Copy, err error) {
	known, err := b.known(ctx, list)
	for i, c := range list {
		if known[nameOf(c.ID())].account == "" {
			places, others = append(places, i), append(others, c)
		}
	}
	return places, others, err
}

func (b *Bearer) known(ctx context.Context, list []dispatch.Copy) (map[string]handing, error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = nameOf(c.ID())
	}
	found, err := handings(ctx, b.DB, ids)
	if err != nil {
		b.Log.WarnContext(ctx, "copies for platforms cannot be looked up", "error", err)
	}
	return found, err
}

// Cancel implements dispatch.Bearer. Platforms do not say at once whether it was in time.
func (b *Bearer) Cancel(ctx context.Context, list []dispatch.Copy) []dispatch.Recall {
	out := make([]dispatch.Recall, len(list))
	known, err := b.known(ctx, list)
	if err != nil {
		return out
	}
	var ours []handing
	var places []int
	var others []dispatch.Copy
	for i, c := range list {
		out[i] = dispatch.RecallUnknown
		if h := known[nameOf(c.ID())]; h.account != "" {
			ours = append(ours, h)
		} else {
			places, others = append(places, i), append(others, c)
		}
	}
	if b.Gateway != nil && len(others) > 0 {
		for k, r := range b.Gateway.Cancel(ctx, others) {
			out[places[k]] = r
		}
	}
	b.each(ctx, len(ours), func(i int) { b.takeBack(ctx, ours[i]) })
	return out
}

// takeBack asks a copy back, unless the platform has done so by itself.
func (b *Bearer) takeBack(ctx context.Context, h handing) {
	if !h.ends.IsZero() && !b.Now().Before(h.ends) {
		return
	}
	a := b.accounts[h.account]
	w := b.out[a.Chatbot]
	if w.account != h.account {
		return // the account has gone, or does not send any more
	}
	to, err := b.Directory.Number(ctx, deliveryOf(h.copy))
	if err != nil || to.IsZero() {
		return // who has the number now is somebody else
	}
	if err := w.takeBack(ctx, to, h.id); err != nil {
		b.Log.WarnContext(ctx, "a platform was asked for a copy in vain", "account", h.account, "error", err)
	}
}
