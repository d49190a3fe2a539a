// Package wire is a plain HTTP/1.1 client that never tries anything twice.
//
// net/http sends a GET again when a reused connection turns out dead. That is kind to programs and fatal to a measurement:
// requests that a deploy cut would not be seen. Here a request is written once, on one connection, and what happens to it is the answer.
package wire

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

type Client struct {
	// Address is host:port to connect to. A name is looked up anew for every connection.
	Address string
	// Host is the Host header; empty means Address.
	Host string
	// TLS asks by https, for the name in Host; whose certificate it is does not matter here.
	TLS bool

	mu   sync.Mutex
	idle []*conn
}

type Request struct {
	Method    string
	Path      string
	Body      []byte
	KeepAlive bool
	// Accept is left out where it is empty.
	Accept   string
	Deadline time.Time
}

type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

type conn struct {
	net.Conn
	reader *bufio.Reader
	// What the bytes go over: the same, unless it is TLS.
	plain net.Conn
}

// Do sends the request once and reads the whole answer. A body that ends before its length is an error.
func (c *Client) Do(request Request) (Response, error) {
	connection, answer, err := c.start(request)
	if err != nil {
		return Response{}, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		connection.Close()
		return Response{Status: answer.StatusCode}, fmt.Errorf("body cut after %d bytes: %w", len(body), err)
	}
	if request.KeepAlive && !answer.Close {
		c.put(connection)
	} else {
		connection.Close()
	}
	return Response{answer.StatusCode, answer.Header, body}, nil
}

// Open is for answers without an end: the caller reads lines and closes.
func (c *Client) Open(request Request) (*http.Response, net.Conn, error) {
	connection, answer, err := c.start(request)
	if err != nil {
		return nil, nil, err
	}
	connection.SetDeadline(time.Time{})
	return answer, connection, nil
}

func (c *Client) start(request Request) (*conn, *http.Response, error) {
	connection, err := c.get(request)
	if err != nil {
		return nil, nil, err
	}
	connection.SetDeadline(request.Deadline)
	if _, err = connection.Write(c.encode(request)); err != nil {
		connection.Close()
		return nil, nil, fmt.Errorf("sending: %w", err)
	}
	answer, err := http.ReadResponse(connection.reader, &http.Request{Method: request.Method})
	if err != nil {
		connection.Close()
		return nil, nil, fmt.Errorf("no answer: %w", err)
	}
	return connection, answer, nil
}

func (c *Client) encode(request Request) []byte {
	host := c.Host
	if host == "" {
		host = c.Address
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: lab\r\n", request.Method, request.Path, host)
	if !request.KeepAlive {
		text.WriteString("Connection: close\r\n")
	}
	if request.Accept != "" {
		fmt.Fprintf(&text, "Accept: %s\r\n", request.Accept)
	}
	if request.Method != "GET" {
		fmt.Fprintf(&text, "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n", len(request.Body))
	}
	text.WriteString("\r\n")
	text.Write(request.Body)
	return text.Bytes()
}

func (c *Client) get(request Request) (*conn, error) {
	for request.KeepAlive {
		connection := c.pop()
		if connection == nil {
			break
		}
		if stillOpen(connection.plain) {
			return connection, nil
		}
		connection.Close()
	}
	dialer := net.Dialer{Deadline: request.Deadline}
	plain, err := dialer.Dial("tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	if !c.TLS {
		return &conn{plain, bufio.NewReader(plain), plain}, nil
	}
	name, _, _ := strings.Cut(c.Host, ":")
	secure := tls.Client(plain, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	plain.SetDeadline(request.Deadline)
	if err := secure.Handshake(); err != nil {
		plain.Close()
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return &conn{secure, bufio.NewReader(secure), plain}, nil
}

func (c *Client) pop() *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) == 0 {
		return nil
	}
	last := c.idle[len(c.idle)-1]
	c.idle = c.idle[:len(c.idle)-1]
	return last
}

func (c *Client) put(connection *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, connection)
}

// stillOpen is what every pool asks before it uses a connection again: did the other side close it while it lay idle?
// A close that crosses with our request on the way is not seen here, and counts as lost.
func stillOpen(connection net.Conn) bool {
	raw, err := connection.(*net.TCPConn).SyscallConn()
	if err != nil {
		return false
	}
	open := false
	raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		open = err == syscall.EAGAIN
	})
	return open
}
