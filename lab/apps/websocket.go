package main

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// sockets are the open WebSockets. They are told when the program ends, which is all the grace that this protocol asks for.
var sockets = struct {
	sync.Mutex
	open map[net.Conn]bool
}{open: map[net.Conn]bool{}}

// websocket says its version five times a second, as /events does, until one side closes.
func websocket(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Sec-WebSocket-Key")
	hijacker, can := w.(http.Hijacker)
	if key == "" || !can {
		answer(w, 426, values{"version": version, "error": "this is a WebSocket"})
		return
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	accept := base64.StdEncoding.EncodeToString(sum[:])
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept)
	sockets.Lock()
	sockets.open[connection] = true
	sockets.Unlock()
	// Whatever the client says is its goodbye: nothing else is expected.
	left := make(chan struct{})
	go func() {
		io.ReadFull(connection, make([]byte, 1))
		close(left)
	}()
	for number := 0; sendFrame(connection, 0x81, fmt.Sprintf(`{"version":%q,"number":%d}`, version, number)); number++ {
		select {
		case <-left:
			sendFrame(connection, 0x88, "\x03\xe8")
			forget(connection)
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
	forget(connection)
}

func forget(connection net.Conn) {
	sockets.Lock()
	defer sockets.Unlock()
	delete(sockets.open, connection)
}

// sendFrame writes one short frame; nobody else writes between, because all frames go through here.
func sendFrame(connection net.Conn, kind byte, text string) bool {
	sockets.Lock()
	defer sockets.Unlock()
	_, err := connection.Write(append([]byte{kind, byte(len(text))}, text...))
	return err == nil
}

// leaveSockets says to all of them that this end goes away (1001).
func leaveSockets() {
	sockets.Lock()
	defer sockets.Unlock()
	for connection := range sockets.open {
		connection.Write([]byte{0x88, 2, 0x03, 0xe9})
	}
}
