package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The generator's one promise: what is lost is counted. Every way of losing a request has its server here.

func runAgainst(t *testing.T, handler http.Handler, kinds string, rate float64, during time.Duration) report {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	return runAt(t, server.URL, kinds, rate, during)
}

func runAt(t *testing.T, address, kinds string, rate float64, during time.Duration) report {
	t.Helper()
	target, _ := url.Parse(address)
	run, err := newRun(target, "", rate, strings.Split(kinds, ","))
	if err != nil {
		t.Fatal(err)
	}
	run.start()
	time.Sleep(during)
	return run.finish()
}

func sample(web, api string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		fmt.Fprintf(w, `{"version":%q,"api":{"version":%q},"bytes":%d,"sha256":%q}`, web, api, len(body), hex.EncodeToString(sum[:]))
	}
}

// cutEvery takes over every nth request and closes its connection without an answer: what a container does that dies at SIGTERM.
func cutEvery(n int64, cut *int64) http.HandlerFunc {
	var seen int64
	good := sample("v1", "v1")
	return func(w http.ResponseWriter, r *http.Request) {
		if atomic.AddInt64(&seen, 1)%n != 0 {
			good(w, r)
			return
		}
		atomic.AddInt64(cut, 1)
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Close()
	}
}

func TestNothingIsLostOnAGoodServer(t *testing.T) {
	got := runAgainst(t, sample("v1", "v1"), "get,get-close,post,post-close", 200, time.Second)
	if got.Lost != 0 || got.Sent < 180 || got.Sent > 220 || got.Mixed.Count != 0 {
		t.Fatalf("sent %d, lost %d, mixed %d", got.Sent, got.Lost, got.Mixed.Count)
	}
}

func TestEveryCutRequestIsLostAlsoOnReusedConnections(t *testing.T) {
	for _, kind := range []string{"get", "get-close", "post", "post-close"} {
		var cut int64
		got := runAgainst(t, cutEvery(10, &cut), kind, 200, time.Second)
		if int64(got.Lost) != cut || cut < 15 {
			t.Errorf("%s: the server cut %d, counted as lost %d", kind, cut, got.Lost)
		}
	}
}

func TestAConnectionClosedWhileIdleIsNotUsedAgain(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sample("v1", "v1")(w, r) })
	server := httptest.NewUnstartedServer(handler)
	server.Config.IdleTimeout = 20 * time.Millisecond
	server.Start()
	defer server.Close()
	if got := runAt(t, server.URL, "get", 10, time.Second); got.Lost != 0 {
		t.Fatalf("lost %d: %v", got.Lost, got.Kinds["get"].Errors)
	}
}

func TestWrongAnswersAreLost(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"an error status":      func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no upstream", 502) },
		"somebody else's page": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "welcome to nginx") },
		"a changed body": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"version":"v1","api":{"version":"v1"},"bytes":2048,"sha256":"00"}`)
		},
		"a short body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, `{"version":"v1","api":{"version":"v1"}}`)
		},
	}
	for name, handler := range answers {
		if got := runAgainst(t, handler, "post", 50, 500*time.Millisecond); got.OK != 0 || got.Lost != got.Sent || got.Sent == 0 {
			t.Errorf("%s: sent %d, lost %d", name, got.Sent, got.Lost)
		}
	}
}

func TestAnAnswerThatComesTooLateIsLost(t *testing.T) {
	late := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(patience + 200*time.Millisecond)
		sample("v1", "v1")(w, r)
	}
	got := runAgainst(t, http.HandlerFunc(late), "get", 10, 300*time.Millisecond)
	if got.OK != 0 || !strings.Contains(got.Kinds["get"].Errors[0].Reason, "answered only after") {
		t.Fatalf("%+v", got.Kinds["get"])
	}
}

func TestNobodyListening(t *testing.T) {
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	listener.Close()
	got := runAt(t, "http://"+listener.Addr().String(), "get,events", 50, 500*time.Millisecond)
	if got.OK != 0 || got.Events.Refused == 0 || got.LongestGapMs < 400 {
		t.Fatalf("%+v", got)
	}
}

func TestAMixtureOfTwoReleasesIsSeen(t *testing.T) {
	got := runAgainst(t, sample("v2", "v1"), "get", 50, 500*time.Millisecond)
	if got.Mixed.Count != got.Sent || got.Lost != 0 || got.Mixed.Samples[0].API != "v1" {
		t.Fatalf("%+v", got.Mixed)
	}
}

func TestStreamsThatTheServerEndsAreCutAndNotLost(t *testing.T) {
	short := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
	}
	got := runAgainst(t, http.HandlerFunc(short), "events", 10, 550*time.Millisecond)
	if got.Lost != 0 || got.Events.Cut < openStreams || got.Events.Messages < got.Events.Cut {
		t.Fatalf("%+v", got.Events)
	}
}

func TestTheRateHoldsWhateverTheServerDoes(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(500 * time.Millisecond)
		sample("v1", "v1")(w, r)
	}
	if got := runAgainst(t, http.HandlerFunc(slow), "get-close", 100, time.Second); got.Sent < 90 || got.Sent > 110 {
		t.Fatalf("sent %d in a second at 100 per second", got.Sent)
	}
}
