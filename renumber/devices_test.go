package renumber_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

func TestDevicesContract(t *testing.T) { inBothWays(t, devicesContract) }

func devicesContract(t *testing.T, o *operator, _ tokens, as func(token string) api) {
	id := string(o.must(assign(one, "ann", day(5))))
	got, err := as("reader").devices(t.Context(), renumber.DevicesReq{Tenures: []string{id, "ten_none", ""}})
	if err != nil || len(got.Devices) != 0 {
		t.Errorf("a telephone that nobody reported: %v, %v", got, err)
	}
	if err := o.ObserveDevice(t.Context(), simtrust.TenureID(id), "35209900176148", day(6)); err != nil {
		t.Fatal(err)
	}
	got, err = as("reader").devices(t.Context(), renumber.DevicesReq{Tenures: []string{id, id}})
	if d := cmp.Diff(renumber.DevicesRes{Devices: []renumber.Device{{Tenure: id, Numbers: 1}}}, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	_, err = as("reader").devices(t.Context(), renumber.DevicesReq{Tenures: slices.Repeat([]string{id}, renumber.MaxPage+1)})
	wantRefusal(t, "too many tenures", err, simtrust.KindInvalid, renumber.ReasonPageTooBig)
	for _, token := range []string{"admin", "service", "app"} {
		_, err = as(token).devices(t.Context(), renumber.DevicesReq{Tenures: []string{id}})
		wantRefusal(t, token+" asks about telephones", err, simtrust.KindDenied, rpc.ReasonScope)
	}
	_, err = as("").devices(t.Context(), renumber.DevicesReq{Tenures: []string{id}})
	wantRefusal(t, "telephones without a credential", err, simtrust.KindUnauthenticated, "")
}

// TestNumbersOnADevice counts current tenures alone, by the telephone that was seen last.
func TestNumbersOnADevice(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		router := rpc.NewRouter(rpc.Config{Auth: tokens{"reader": {Client: "messaging", Scopes: []string{renumber.ScopeTenures}}}})
		o.Mount(router)
		const farm, own = "35209900176148", "35209900176149"
		var ids []simtrust.TenureID
		for _, n := range []string{one, two, "+8613800000003", "+8613800000004"} {
			ids = append(ids, o.must(assign(n, "h"+n, day(5))))
		}
		seen := func(i int, device string, on int) {
			if err := o.ObserveDevice(t.Context(), ids[i], device, day(on)); err != nil {
				t.Fatal(err)
			}
		}
		want := func(what string, numbers ...int64) {
			t.Helper()
			var asked []string
			var devices []renumber.Device
			for i, n := range numbers {
				asked = append(asked, string(ids[i]))
				if n > 0 {
					devices = append(devices, renumber.Device{Tenure: string(ids[i]), Numbers: n})
				}
			}
			got, err := localAPI(router, "reader").devices(t.Context(), renumber.DevicesReq{Tenures: asked})
			if d := cmp.Diff(devices, got.Devices); err != nil || d != "" {
				t.Errorf("%s: %v\n%s", what, err, d)
			}
		}
		for i := range 3 {
			seen(i, farm, 6+i)
		}
		want("three cards, one after the other", 3, 3, 3, 0)
		seen(2, own, 9)
		want("one in a telephone of its own", 2, 2, 1, 0)
		o.must(event(renumber.PortOut, two, day(10)))
		want("one ported out", 1, 0, 1, 0)
		o.must(event(renumber.Release, one, day(11)))
		want("one released", 0, 0, 1, 0)
	})
}
