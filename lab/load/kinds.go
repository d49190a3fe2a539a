package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"deploy-actions/lab/wire"
)

// sampleAnswer is what the sample application says about itself in every answer.
type sampleAnswer struct {
	Version string
	API     struct{ Version string }
	Bytes   int
	SHA256  string
}

// once sends one request of the kind and judges the answer.
func (r *run) once(kind string) {
	request, own := r.request(kind)
	began := time.Now()
	request.Deadline = began.Add(own + patience + watch)
	response, err := r.client.Do(request)
	took := time.Since(began)
	var body sampleAnswer
	if err == nil {
		body, err = judge(request, response)
	}
	if err == nil && took > own+patience {
		err = fmt.Errorf("answered only after %d ms", took.Milliseconds())
	}
	r.tally.add(result{kind: kind, began: began, took: took, web: body.Version, api: body.API.Version, err: err})
}

// request also says how long the answer takes by itself.
func (r *run) request(kind string) (wire.Request, time.Duration) {
	request := wire.Request{Method: "GET", Path: r.prefix + "/", KeepAlive: !strings.HasSuffix(kind, "-close")}
	switch kind {
	case "slow":
		request.Path = r.prefix + "/slow?ms=1500"
		return request, 1500 * time.Millisecond
	case "post", "post-close":
		request.Method, request.Path = "POST", r.prefix+"/echo"
		request.Body = make([]byte, 2048)
		rand.Read(request.Body)
	}
	return request, 0
}

func judge(request wire.Request, response wire.Response) (sampleAnswer, error) {
	var body sampleAnswer
	if response.Status < 200 || response.Status > 299 {
		return body, fmt.Errorf("status %d: %.160s", response.Status, bytes.TrimSpace(response.Body))
	}
	if err := json.Unmarshal(response.Body, &body); err != nil {
		return body, fmt.Errorf("not an answer of the sample application: %.80q", response.Body)
	}
	if request.Method == "POST" {
		sum := sha256.Sum256(request.Body)
		if body.Bytes != len(request.Body) || body.SHA256 != hex.EncodeToString(sum[:]) {
			return body, fmt.Errorf("the body arrived wrong: %d bytes of %d", body.Bytes, len(request.Body))
		}
	}
	return body, nil
}

// keepStream holds one stream of server-sent events open, and opens the next when the server ends it.
func (r *run) keepStream() {
	defer r.busy.Done()
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		if !r.stream() {
			// Whatever refuses streams would otherwise be asked thousands of times a second.
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// stream returns whether it could be opened.
func (r *run) stream() bool {
	began := time.Now()
	// Browsers say what they want; a proxy tells streams from requests by it before the answer is there.
	request := wire.Request{Method: "GET", Path: r.prefix + "/events", Accept: "text/event-stream", Deadline: began.Add(patience)}
	answer, connection, err := r.client.Open(request)
	if err == nil && answer.StatusCode != 200 {
		connection.Close()
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	if err != nil {
		r.tally.add(result{kind: "events", began: began, took: time.Since(began), err: fmt.Errorf("stream not opened: %w", err)})
		return false
	}
	r.tally.add(result{kind: "events", began: began, took: time.Since(began)})
	ended := make(chan struct{})
	go func() {
		select {
		case <-r.stop:
		case <-ended:
		}
		connection.Close()
	}()
	lines := bufio.NewScanner(answer.Body)
	// A stream that falls silent is as good as ended: the application sends something five times a second.
	for connection.SetReadDeadline(time.Now().Add(patience)) == nil && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data:") {
			r.tally.message()
		}
	}
	close(ended)
	select {
	case <-r.stop:
	default:
		r.tally.cut()
	}
	return true
}
