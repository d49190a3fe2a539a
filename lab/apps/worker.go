package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"sync"
	"time"

	"deploy-actions/lab/wire"
)

// tally is what a colleague inside the same Compose project saw of the switched services.
type tally struct {
	mu        sync.Mutex
	since     time.Time
	sent      int
	lost      int
	mixed     int
	byVersion map[string]int
	errors    []string
	seconds   map[int64]*second
}

type second struct {
	Second int64 `json:"second"`
	Sent   int   `json:"sent"`
	Lost   int   `json:"lost"`
}

func newTally() *tally {
	return &tally{since: time.Now(), byVersion: map[string]int{}, errors: []string{}, seconds: map[int64]*second{}}
}

// worker calls the web service by its name, as services of one project do, and keeps count.
func worker(routes *http.ServeMux) {
	target, err := url.Parse(env("WORKER_TARGET", "http://web:8000/"))
	if err != nil {
		log.Fatal(err)
	}
	current := newTally()
	var mu sync.Mutex
	now := func() *tally {
		mu.Lock()
		defer mu.Unlock()
		return current
	}
	routes.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, now().report()) })
	routes.HandleFunc("/reset", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		current = newTally()
		mu.Unlock()
		answer(w, 200, values{"version": version})
	})
	address := target.Host
	if target.Port() == "" {
		address += ":80"
	}
	client := &wire.Client{Address: address, Host: target.Host}
	go func() {
		pause := time.NewTicker(time.Duration(float64(time.Second) / number("WORKER_RATE", 20)))
		for turn := 0; ; turn++ {
			<-pause.C
			go call(client, target.RequestURI(), turn, now())
		}
	}()
}

// call goes round the four ways of asking: GET and POST, on a kept connection and on one of its own.
func call(client *wire.Client, path string, turn int, count *tally) {
	request := wire.Request{Method: "GET", Path: path, KeepAlive: turn%2 == 0, Deadline: time.Now().Add(10 * time.Second)}
	if turn%4 >= 2 {
		request.Method, request.Path, request.Body = "POST", "/echo", bytes.Repeat([]byte("x"), 512)
	}
	began := time.Now()
	response, err := client.Do(request)
	var body struct {
		Version string
		API     struct{ Version string }
	}
	switch {
	case err != nil:
	case response.Status != 200:
		err = fmt.Errorf("answered %d: %.120s", response.Status, response.Body)
	case time.Since(began) > 2*time.Second:
		err = fmt.Errorf("answered only after %v", time.Since(began))
	default:
		err = json.Unmarshal(response.Body, &body)
	}
	count.add(request, body.Version, body.API.Version, err)
}

func (t *tally) add(request wire.Request, web, api string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := time.Now()
	slot := t.seconds[at.Unix()]
	if slot == nil {
		slot = &second{Second: at.Unix()}
		t.seconds[at.Unix()] = slot
		delete(t.seconds, at.Unix()-600)
	}
	t.sent++
	slot.Sent++
	if err != nil {
		t.lost++
		slot.Lost++
		line := fmt.Sprintf("%s %s %s: %v", at.UTC().Format("15:04:05.000"), request.Method, request.Path, err)
		log.Print("lost: ", line)
		t.errors = append(t.errors, line)
		if len(t.errors) > 20 {
			t.errors = t.errors[1:]
		}
		return
	}
	t.byVersion[web]++
	if web != api {
		t.mixed++
	}
}

func (t *tally) report() values {
	t.mu.Lock()
	defer t.mu.Unlock()
	history := []second{}
	for at := t.since.Unix(); at <= time.Now().Unix(); at++ {
		if slot := t.seconds[at]; slot != nil {
			history = append(history, *slot)
		}
	}
	return values{"version": version, "since": t.since.UnixMilli(), "sent": t.sent, "lost": t.lost, "mixed": t.mixed,
		"versions": copied(t.byVersion), "errors": append([]string{}, t.errors...), "seconds": history}
}

// The answer is written after the lock is gone.
func copied(counts map[string]int) map[string]int {
	copy := map[string]int{}
	for name, count := range counts {
		copy[name] = count
	}
	return copy
}
