package csp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const benchCallers = 64

// BenchmarkOverOwnAPI sends the same text to one recipient over HTTP, by the own API and by this face in turns, from 64 callers; csp/own is how many
// times as long the face takes. The own API's caller is known without asking the store here, the face's by its access token.
func BenchmarkOverOwnAPI(b *testing.B) {
	sqldbtest.EachBench(b, tables(), func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		bot := w.bot("bot_shop")
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchCallers}}
		b.Cleanup(client.CloseIdleConnections)
		var n atomic.Int64
		own := func() (url, authorization string, body any) {
			i := n.Add(1)
			return "/messaging/v1/messages", "Bearer shop", map[string]any{"chatbot": "bot_shop", "key": fmt.Sprint(i), "to": []string{number(int(i % 1000))},
				"class": "service", "content": map[string]string{"text": "您好"}, "channels": []map[string]string{{"channel": "rcs"}}}
		}
		face := func() (url, authorization string, body any) {
			i := n.Add(1)
			return "/csp/bot/v1/" + shop + "/messages", "accessToken " + bot.token, bot.text(fmt.Sprint(i), int(i%1000))
		}
		var took [2]time.Duration
		for b.Loop() {
			for i, request := range []func() (string, string, any){own, face} {
				began := time.Now()
				round(b, client, w.server.URL, request)
				took[i] += time.Since(began)
			}
		}
		sent := float64(b.N) * benchCallers * perCaller
		b.ReportMetric(sent/took[0].Seconds(), "own/s")
		b.ReportMetric(sent/took[1].Seconds(), "csp/s")
		b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "csp/own")
	})
}

// perCaller is how many messages each caller sends in a round.
const perCaller = 16

// round has all callers send at once.
func round(b *testing.B, client *http.Client, server string, request func() (string, string, any)) {
	var callers sync.WaitGroup
	for range benchCallers {
		callers.Go(func() {
			for range perCaller {
				url, authorization, body := request()
				if err := post(client, server+url, authorization, body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
}

func post(client *http.Client, url, authorization string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || res.StatusCode/100 != 2 {
		return fmt.Errorf("%d %s %w", res.StatusCode, answer, err)
	}
	return nil
}
