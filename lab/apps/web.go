package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

func web(routes *http.ServeMux) {
	routes.HandleFunc("/", home)
	routes.HandleFunc("/slow", slow)
	routes.HandleFunc("/echo", echo)
	routes.HandleFunc("/events", events)
	routes.HandleFunc("/ws", websocket)
	routes.HandleFunc("/ready", ready)
	routes.HandleFunc("/whoami", whoami)
	routes.HandleFunc("/big", big)
	routes.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, os.Getenv(r.FormValue("name"))) })
	routes.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, r.FormValue("path")) })
}

// A connection and a lookup of the name for every call: which `api` answers is decided per request, nothing is remembered.
var backend = http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func askAPI() (map[string]interface{}, error) {
	response, err := backend.Get(env("API_URL", "http://api:9000/"))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, errors.New("api answers " + response.Status)
	}
	var body map[string]interface{}
	return body, json.NewDecoder(response.Body).Decode(&body)
}

var asked int64

// withAPI answers with both versions, so that a mixture of two releases is seen by whoever asked.
func withAPI(w http.ResponseWriter, body values) {
	if mode == "errors" && atomic.AddInt64(&asked, 1)%10 < 3 {
		log.Printf("level=error msg=\"cannot render the page\"")
		log.Printf("level=error msg=\"signed with %s\"", os.Getenv("APP_TOKEN"))
		answer(w, 500, values{"version": version, "error": "cannot render the page"})
		return
	}
	api, err := askAPI()
	if err != nil {
		answer(w, 502, values{"version": version, "error": err.Error()})
		return
	}
	body["version"], body["api"] = version, api
	answer(w, 200, body)
}

func home(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	withAPI(w, values{
		"greeting": os.Getenv("GREETING"),
		"proto":    r.Header.Get("X-Forwarded-Proto"),
		"client":   r.Header.Get("X-Forwarded-For"),
		"host":     r.Host,
		"release":  os.Getenv("RELEASE_ID"),
		"sha":      os.Getenv("GIT_SHA"),
	})
}

func slow(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.Atoi(r.FormValue("ms"))
	if err != nil {
		ms = 1500
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	withAPI(w, values{"ms": ms})
}

func echo(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" {
		answer(w, 405, values{"version": version, "error": "POST something"})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		answer(w, 400, values{"version": version, "error": err.Error()})
		return
	}
	sum := sha256.Sum256(body)
	withAPI(w, values{"bytes": len(body), "sha256": hex.EncodeToString(sum[:])})
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for number := 0; ; number++ {
		if _, err := fmt.Fprintf(w, "data: {\"version\":%q,\"number\":%d}\n\n", version, number); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func ready(w http.ResponseWriter, r *http.Request) {
	if mode == "bad-ready" {
		answer(w, 500, values{"version": version, "error": "template missing"})
		return
	}
	answer(w, 200, values{"version": version})
}

func whoami(w http.ResponseWriter, r *http.Request) {
	hostname, _ := os.Hostname()
	answer(w, 200, values{"version": version, "role": role, "mode": mode, "hostname": hostname, "host": r.Host, "headers": r.Header})
}

// big says its length first, so that a cut body is seen by whoever counts.
func big(w http.ResponseWriter, r *http.Request) {
	kb, err := strconv.Atoi(r.FormValue("kb"))
	if err != nil {
		kb = 64
	}
	w.Header().Set("Content-Length", strconv.Itoa(kb*1024))
	block := bytes.Repeat([]byte("0123456789abcdef"), 64)
	for i := 0; i < kb; i++ {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}
