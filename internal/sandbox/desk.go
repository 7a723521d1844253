package sandbox

import (
	"net/http"
	"slices"
	"strconv"

	"simtrust"
	"simtrust/web"
)

// deskActions are what the page has buttons for.
var deskActions = []string{"attach", "detach", "release", "assign", "transfer", "new-sim", "new-device", "port-out", "port-in", "suspend", "resume"}

const deskRows = 20

// deskRoutes mounts the operator's page: the first numbers with their holder and sessions, and a button for every action.
func (o *operator) deskRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		web.Render(w, r, http.StatusOK, o.desk(r.URL.Query().Get("said")))
	})
	mux.HandleFunc("POST /desk", func(w http.ResponseWriter, r *http.Request) {
		said := "done"
		index, action := r.PostFormValue("row"), r.PostFormValue("action")
		if !slices.Contains(deskActions, action) {
			said = "unknown"
		} else if _, err := o.do(r.Context(), o.numberAt(index), action, order{}); err != nil {
			said = "refused"
		}
		http.Redirect(w, r, "/?said="+said, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /", lost)
}

// allowed are the buttons for a number in its present state. Whether it is suspended, the world does not keep.
func (s *Subscriber) allowed() []string {
	switch {
	case !s.Assigned:
		return []string{"assign"}
	case s.PortedOut:
		return []string{"port-in"}
	}
	first := "attach"
	if len(s.Sessions) > 0 {
		first = "detach"
	}
	return []string{first, "release", "transfer", "new-sim", "new-device", "port-out", "suspend", "resume"}
}

func (o *operator) desk(said string) web.Desk {
	o.mu.Lock()
	defer o.mu.Unlock()
	page := web.Desk{Shop: o.world.Shop, Phones: o.world.Handset, Said: said}
	for i, s := range o.world.Subscribers[:min(len(o.world.Subscribers), deskRows)] {
		n, _ := simtrust.ParseNumber(s.Number)
		page.Numbers = append(page.Numbers, web.DeskNumber{Row: i, Masked: n.String(), Holder: s.Holder, Tenure: s.Tenure, Since: s.Since,
			IP: s.IP, Assigned: s.Assigned, Online: len(s.Sessions) > 0, Previous: len(s.Previous), Actions: s.allowed()})
	}
	return page
}

// numberAt answers the number in a row of the page: rows, not numbers, travel in the form.
func (o *operator) numberAt(row string) string {
	i, err := strconv.Atoi(row)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || i < 0 || i >= len(o.world.Subscribers) {
		return ""
	}
	return o.world.Subscribers[i].Number
}
