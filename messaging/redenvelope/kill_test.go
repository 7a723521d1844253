package redenvelope_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb/sqldbtest"
)

const (
	storeToClaimOn = "REDENVELOPE_TEST_CLAIM_ON"
	campaignToTake = "REDENVELOPE_TEST_CAMPAIGN"
	claimers       = 32
)

// TestClaimUntilKilled is the process that TestKill starts and kills; on its own it has nothing to do. It says which share was claimed, once
// it was answered.
func TestClaimUntilKilled(t *testing.T) {
	url, campaign := os.Getenv(storeToClaimOn), os.Getenv(campaignToTake)
	if url == "" {
		return
	}
	w := newWorld(t, sqldbtest.Open(t, url))
	var saying sync.Mutex
	var group sync.WaitGroup
	for range claimers {
		group.Go(func() {
			for {
				who := simtrust.NewTenureID()
				share, err := w.Claim(t.Context(), campaign, who)
				if err != nil {
					t.Error(err)
					return
				}
				saying.Lock()
				fmt.Println("claimed", who, share.Amount)
				saying.Unlock()
			}
		})
	}
	group.Wait()
}

// TestKill kills a process that claims, with no warning, again and again: the ledger adds up, and whoever was answered has what they were
// told.
func TestKill(t *testing.T) {
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		var campaign string
		t.Run("setup", func(t *testing.T) {
			campaign = newWorld(t, sqldbtest.Open(t, url)).campaign(request(50_000_000, 500_000)).ID
		})
		answered := map[simtrust.TenureID]int64{}
		for round := range 3 {
			claimAndKill(t, url, campaign, answered, 100+70*round)
		}
		w := newWorld(t, sqldbtest.Open(t, url))
		w.audit()
		for who, amount := range answered {
			share, err := w.Claim(t.Context(), campaign, who)
			if err != nil || !share.Repeated || share.Amount != amount {
				t.Fatalf("%+v %v, answered %d", share, err, amount)
			}
		}
		if got := w.shown(campaign); got.Given < int64(len(answered)) {
			t.Errorf("%d shares, %d answered", got.Given, len(answered))
		}
	})
}

// claimAndKill kills the process in the middle of what it says.
func claimAndKill(t *testing.T, url, campaign string, answered map[simtrust.TenureID]int64, lines int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestClaimUntilKilled$")
	cmd.Env = append(os.Environ(), storeToClaimOn+"="+url, campaignToTake+"="+campaign)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	n := 0
	for said.Scan() {
		var who string
		var amount int64
		if _, err := fmt.Sscanf(strings.TrimSpace(said.Text()), "claimed %s %d", &who, &amount); err != nil {
			t.Errorf("%s", said.Text())
			continue
		}
		answered[simtrust.TenureID(who)] = amount
		if n++; n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if n < lines {
		t.Errorf("the process ended after %d claims", n)
	}
}
