package main

import (
	"fmt"
	"sync"
	"time"
)

type result struct {
	kind     string
	began    time.Time
	took     time.Duration
	web, api string
	err      error
}

type kindCount struct {
	sent, lost int
	failures   []failure
	took       []float64
}

// tally is the memory of a run; everything in it happens under its lock.
type tally struct {
	mu       sync.Mutex
	started  time.Time
	kinds    map[string]*kindCount
	versions []*versionSpan
	mixed    mixture
	streams  streamCount
	lates    int
	worst    time.Duration
	lastGood time.Time
	gap      time.Duration
	seconds  []second
}

func newTally() *tally {
	now := time.Now()
	return &tally{started: now, lastGood: now, kinds: map[string]*kindCount{}, mixed: mixture{Samples: []mixedAnswer{}}}
}

func (t *tally) add(r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count := t.kinds[r.kind]
	if count == nil {
		count = &kindCount{failures: []failure{}}
		t.kinds[r.kind] = count
	}
	count.sent++
	now := r.began.Add(r.took)
	slot := t.second(now)
	if r.kind == "events" {
		t.addStream(r)
	}
	if r.err != nil {
		count.lost++
		slot.Lost++
		if len(count.failures) < 500 {
			count.failures = append(count.failures, failure{t.ms(r.began), r.began.UnixMilli(), r.took.Milliseconds(), r.err.Error()})
		}
		return
	}
	slot.OK++
	count.took = append(count.took, float64(r.took.Microseconds())/1000)
	t.gap = longer(t.gap, now.Sub(t.lastGood))
	if now.After(t.lastGood) {
		t.lastGood = now
	}
	t.addVersion(r, now)
}

func (t *tally) addVersion(r result, now time.Time) {
	if r.web == "" {
		return
	}
	span := t.span(r.web)
	if span == nil {
		span = &versionSpan{Version: r.web, FirstMs: t.ms(now), FirstEpochMs: now.UnixMilli(), FirstStartedMs: t.ms(r.began)}
		t.versions = append(t.versions, span)
	}
	span.Count++
	span.LastMs = larger(span.LastMs, t.ms(now))
	span.LastStartedMs = larger(span.LastStartedMs, t.ms(r.began))
	if began := t.ms(r.began); began < span.FirstStartedMs {
		span.FirstStartedMs = began
	}
	if r.api != r.web {
		t.mixed.Count++
		if len(t.mixed.Samples) < 20 {
			t.mixed.Samples = append(t.mixed.Samples, mixedAnswer{t.ms(now), r.web, r.api})
		}
	}
}

func (t *tally) addStream(r result) {
	if r.err != nil {
		t.streams.Refused++
		return
	}
	t.streams.Opened++
}

func (t *tally) span(version string) *versionSpan {
	for _, span := range t.versions {
		if span.Version == version {
			return span
		}
	}
	return nil
}

func (t *tally) second(at time.Time) *second {
	index := int(at.Sub(t.started) / time.Second)
	for len(t.seconds) <= index {
		t.seconds = append(t.seconds, second{Second: len(t.seconds)})
	}
	return &t.seconds[index]
}

func (t *tally) message() { t.locked(func() { t.streams.Messages++ }) }
func (t *tally) cut()     { t.locked(func() { t.streams.Cut++ }) }

func (t *tally) late(by time.Duration) {
	t.locked(func() {
		t.lates++
		t.worst = longer(t.worst, by)
	})
}

func (t *tally) locked(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

func (t *tally) ms(at time.Time) int64 { return at.Sub(t.started).Milliseconds() }

// line is what a person watches during a deploy.
func (t *tally) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	sent, lost, version := 0, 0, "-"
	for _, count := range t.kinds {
		sent += count.sent
		lost += count.lost
	}
	latest := int64(-1)
	for _, span := range t.versions {
		if span.LastStartedMs > latest {
			latest, version = span.LastStartedMs, span.Version
		}
	}
	return fmt.Sprintf("%4ds  %7d sent  %5d lost  %3d mixed  version %s", t.ms(time.Now())/1000, sent, lost, t.mixed.Count, version)
}

func longer(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}

func larger(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}
