package gateway_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
)

func TestImportOfKnownCardsChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		p.drain()
		done, err := p.Import(t.Context(), []gateway.Personalisation{card.personal, newCard(t, 2).personal, newCard(t, 2).personal})
		if err != nil || done.Added != 1 || done.Known != 2 || len(done.Differ) != 0 {
			t.Errorf("%+v, %v", done, err)
		}
		if p.counter(card) != 1 {
			t.Errorf("the counter went to %d", p.counter(card))
		}
		p.receive(card)
		p.want([]string{"a"}, nil)
	})
}

func TestImportLeavesOutCardsThatDiffer(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		change := func(f func(*gateway.Personalisation)) gateway.Personalisation {
			c := card.personal
			f(&c)
			return c
		}
		done, err := p.Import(t.Context(), []gateway.Personalisation{
			change(func(c *gateway.Personalisation) { c.KIc = bytes.Repeat([]byte{1}, 16) }),
			change(func(c *gateway.Personalisation) { c.KID = bytes.Repeat([]byte{1}, 16) }),
			newCard(t, 2).personal,
			change(func(c *gateway.Personalisation) { c.KeySet = 2 }),
			change(func(c *gateway.Personalisation) { *c = legacy(*c) }),
			change(func(c *gateway.Personalisation) { c.IMSI = newCard(t, 3).personal.IMSI }),
			change(func(c *gateway.Personalisation) { c.ICCID = newCard(t, 3).personal.ICCID }),
		})
		if err != nil || done.Added != 1 || done.Known != 0 || !slices.Equal(done.Differ, []int{0, 1, 3, 4, 5, 6}) {
			t.Errorf("%+v, %v", done, err)
		}
		p.submit(card, "a")
		p.drain()
		p.receive(card)
	})
}

func TestImportRefusesMalformedCardsAndTakesNone(t *testing.T) {
	p := newPlatform(t, only(t))
	for what, f := range map[string]func(*gateway.Personalisation){
		"no ICCID":            func(c *gateway.Personalisation) { c.ICCID = "" },
		"a long ICCID":        func(c *gateway.Personalisation) { c.ICCID += "1" },
		"an IMSI with hex":    func(c *gateway.Personalisation) { c.IMSI = "46000123456000A" },
		"no keys":             func(c *gateway.Personalisation) { c.KIc, c.KID = nil, nil },
		"key set 0":           func(c *gateway.Personalisation) { c.KeySet = 0 },
		"key set 16":          func(c *gateway.Personalisation) { c.KeySet = 16 },
		"one key for both":    func(c *gateway.Personalisation) { c.KID = c.KIc },
		"keys of two lengths": func(c *gateway.Personalisation) { c.KID = make([]byte, 32) },
		"single DES in triple": func(c *gateway.Personalisation) {
			c.Legacy, c.KIc, c.KID = true, []byte("01234567"+"01234567"), []byte("fedcba9876543210")
		},
	} {
		c := newCard(t, 1).personal
		f(&c)
		_, err := p.Import(t.Context(), []gateway.Personalisation{newCard(t, 2).personal, c})
		if simtrust.ReasonOf(err) != gateway.ReasonCard || !strings.Contains(fmt.Sprint(err), "cards[1]") {
			t.Errorf("%s: %v", what, err)
		}
		if c.ICCID != "" && strings.Contains(fmt.Sprint(err), c.ICCID) {
			t.Errorf("%s: the error names the card: %v", what, err)
		}
	}
	if _, err := p.Card(t.Context(), newCard(t, 2).personal.ICCID); simtrust.ReasonOf(err) != gateway.ReasonUnknownCard {
		t.Errorf("the good card beside it was taken in: %v", err)
	}
}

func TestTwoImportsOfOneFileAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPlatform(t, db)
		list := make([]gateway.Personalisation, 300)
		for i := range list {
			list[i] = newCard(t, i).personal
		}
		var group sync.WaitGroup
		results := make([]gateway.Imported, 4)
		for i := range results {
			group.Go(func() {
				var err error
				if results[i], err = p.Import(t.Context(), list); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		added := 0
		for _, r := range results {
			added += r.Added
			if r.Added+r.Known != len(list) {
				t.Errorf("%+v", r)
			}
		}
		if added != len(list) {
			t.Errorf("%d cards were added", added)
		}
	})
}

func TestLegacyCardsAreServedWithTripleDES(t *testing.T) {
	p := newPlatform(t, only(t))
	personal := legacy(newCard(t, 1).personal)
	if done, err := p.Import(t.Context(), []gateway.Personalisation{personal}); err != nil || done.Added != 1 {
		t.Fatal(done, err)
	}
	card, err := p.Card(t.Context(), personal.ICCID)
	if err != nil || !card.Legacy || card.IMSI != personal.IMSI || card.KeySet != 1 || card.Counter != 0 || !card.Created.Equal(epoch) {
		t.Errorf("%+v, %v", card, err)
	}
}

func TestTheStoreHoldsNoKeyInClear(t *testing.T) {
	card := newCard(t, 1)
	p := newPlatform(t, only(t), card)
	var sealed []byte
	if err := p.db.QueryRow(t.Context(), `select keys from ota_card`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, card.personal.KIc) || bytes.Contains(sealed, card.personal.KID) || len(sealed) != 12+32+16 {
		t.Errorf("%d octets: %X", len(sealed), sealed)
	}
}

func TestCountersOfManyCardsAreRaisedStepByStep(t *testing.T) {
	const many = 10001
	p := newPlatform(t, only(t))
	list := make([]gateway.Personalisation, many)
	for i := range list {
		list[i] = newCard(t, 0).personal
		list[i].ICCID, list[i].IMSI = fmt.Sprintf("89860012345678%06d", i), fmt.Sprintf("460001234%06d", i)
	}
	for batch := range slices.Chunk(list, 1000) {
		if _, err := p.Import(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	first, err := p.RaiseCounters(t.Context(), "")
	if err != nil || first.Cards != many-1 || first.Next == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := p.RaiseCounters(t.Context(), first.Next)
	if err != nil || second != (gateway.Raised{Cards: 1}) {
		t.Errorf("%+v, %v", second, err)
	}
	var low int
	if err := p.db.QueryRow(t.Context(), `select count(*) from ota_card where counter <> $1`, gap).Scan(&low); err != nil || low != 0 {
		t.Errorf("%d cards were raised otherwise, %v", low, err)
	}
}
