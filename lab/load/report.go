package main

import (
	"encoding/json"
	"sort"
	"time"
)

type report struct {
	StartedEpochMs   int64                 `json:"started_epoch_ms"`
	DurationMs       int64                 `json:"duration_ms"`
	Sent             int                   `json:"sent"`
	OK               int                   `json:"ok"`
	Lost             int                   `json:"lost"`
	Mixed            mixture               `json:"mixed"`
	Kinds            map[string]kindReport `json:"kinds"`
	Versions         []versionSpan         `json:"versions"`
	Events           streamCount           `json:"events"`
	LateStarts       int                   `json:"late_starts"`
	WorstLateStartMs int64                 `json:"worst_late_start_ms"`
	LongestGapMs     int64                 `json:"longest_gap_ms"`
	Timeline         []second              `json:"timeline"`
	Worker           json.RawMessage       `json:"worker,omitempty"`
}

type kindReport struct {
	Sent    int       `json:"sent"`
	OK      int       `json:"ok"`
	Lost    int       `json:"lost"`
	Errors  []failure `json:"errors"`
	Latency latency   `json:"latency_ms"`
}

type failure struct {
	AtMs    int64  `json:"at_ms"`
	EpochMs int64  `json:"epoch_ms"`
	TookMs  int64  `json:"took_ms"`
	Reason  string `json:"reason"`
}

type latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// versionSpan says from when until when a version answered. The `started` pair goes by when requests began: a slow one of the
// old version may end long after the switch, but none may begin there.
type versionSpan struct {
	Version        string `json:"version"`
	Count          int    `json:"count"`
	FirstMs        int64  `json:"first_ms"`
	FirstEpochMs   int64  `json:"first_epoch_ms"`
	LastMs         int64  `json:"last_ms"`
	FirstStartedMs int64  `json:"first_started_ms"`
	LastStartedMs  int64  `json:"last_started_ms"`
}

type mixture struct {
	Count   int           `json:"count"`
	Samples []mixedAnswer `json:"samples"`
}

type mixedAnswer struct {
	AtMs int64  `json:"at_ms"`
	Web  string `json:"web"`
	API  string `json:"api"`
}

type streamCount struct {
	Opened   int `json:"opened"`
	Cut      int `json:"cut"`
	Refused  int `json:"refused"`
	Messages int `json:"messages"`
}

type second struct {
	Second int `json:"second"`
	OK     int `json:"ok"`
	Lost   int `json:"lost"`
}

func (t *tally) report() report {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	r := report{
		StartedEpochMs: t.started.UnixMilli(), DurationMs: t.ms(now), Mixed: t.mixed, Kinds: map[string]kindReport{},
		Versions: []versionSpan{}, Events: t.streams, LateStarts: t.lates, WorstLateStartMs: t.worst.Milliseconds(),
		LongestGapMs: longer(t.gap, now.Sub(t.lastGood)).Milliseconds(), Timeline: t.seconds,
	}
	for kind, count := range t.kinds {
		r.Kinds[kind] = kindReport{count.sent, count.sent - count.lost, count.lost, count.failures, latencyOf(count.took)}
		r.Sent += count.sent
		r.Lost += count.lost
	}
	r.OK = r.Sent - r.Lost
	sort.Slice(t.versions, func(a, b int) bool { return t.versions[a].FirstMs < t.versions[b].FirstMs })
	for _, span := range t.versions {
		r.Versions = append(r.Versions, *span)
	}
	return r
}

func latencyOf(took []float64) latency {
	if len(took) == 0 {
		return latency{}
	}
	sort.Float64s(took)
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))] }
	return latency{at(0.50), at(0.95), at(0.99), took[len(took)-1]}
}
