package main

import (
	"fmt"
	"net/url"
	"sync"
	"time"

	"deploy-actions/lab/wire"
)

const (
	slowRate    = 5.0
	openStreams = 4
	// A request may take this long beyond its own time before it counts as lost…
	patience = 2 * time.Second
	// …and is watched so much longer, so that the report can say whether it hung or died.
	watch = 8 * time.Second
	// A start later than this is the generator's own fault, and reported.
	slip = 20 * time.Millisecond
)

type run struct {
	client  *wire.Client
	prefix  string
	streams bool
	paces   map[string]float64
	tally   *tally
	stop    chan struct{}
	// Everything that is under way: loops and single requests.
	busy sync.WaitGroup
}

// newRun shares the rate out: slow requests and streams have their own, small numbers; the other kinds get equal parts of the rest.
func newRun(target *url.URL, host string, rate float64, kinds []string) (*run, error) {
	address := target.Host
	if target.Port() == "" {
		address += map[string]string{"http": ":80", "https": ":443"}[target.Scheme]
	}
	if host == "" {
		host = target.Host
	}
	r := &run{
		client: &wire.Client{Address: address, Host: host, TLS: target.Scheme == "https"},
		prefix: trimSlash(target.Path),
		paces:  map[string]float64{},
		stop:   make(chan struct{}),
	}
	plain := []string{}
	for _, kind := range kinds {
		switch kind {
		case "get", "get-close", "post", "post-close":
			plain = append(plain, kind)
		case "slow":
			r.paces[kind] = slowRate
			rate -= slowRate
		case "events":
			r.streams = true
		default:
			return nil, fmt.Errorf("no such kind: %q", kind)
		}
	}
	if len(plain) > 0 && rate <= 0 {
		return nil, fmt.Errorf("--rate leaves nothing beside %v slow requests per second", slowRate)
	}
	for _, kind := range plain {
		r.paces[kind] = rate / float64(len(plain))
	}
	return r, nil
}

func trimSlash(path string) string {
	if path == "/" {
		return ""
	}
	return path
}

func (r *run) start() {
	r.tally = newTally()
	number := 0
	for kind, pace := range r.paces {
		r.busy.Add(1)
		// Kinds begin apart from each other: a volley of all at once is not what clients do.
		go r.keepPace(kind, pace, time.Duration(number)*time.Millisecond)
		number++
	}
	if r.streams {
		for i := 0; i < openStreams; i++ {
			r.busy.Add(1)
			go r.keepStream()
		}
	}
}

// keepPace starts request after request at its time, never waiting for an answer.
func (r *run) keepPace(kind string, perSecond float64, offset time.Duration) {
	defer r.busy.Done()
	began := time.Now().Add(offset)
	for number := 0; ; number++ {
		due := began.Add(time.Duration(float64(number) / perSecond * float64(time.Second)))
		select {
		case <-r.stop:
			return
		case <-time.After(time.Until(due)):
		}
		if late := time.Since(due); late > slip {
			r.tally.late(late)
		}
		r.busy.Add(1)
		go func() {
			defer r.busy.Done()
			r.once(kind)
		}()
	}
}

// finish starts nothing more, waits for what is under way and counts.
func (r *run) finish() report {
	close(r.stop)
	r.busy.Wait()
	return r.tally.report()
}
