// A registry with bearer tokens: the token service, and a proxy in front of Debian's registry that only writes its own address into the challenge.
//
// Users: `lab` may do everything, `reader` may pull, `expired` is refused as a token is whose time is over. All have the password LOGIN_PASSWORD.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

func main() {
	key, certificate := issuer()
	registry := exec.Command("docker-registry", "serve", "/config.yml")
	registry.Stdout, registry.Stderr = os.Stdout, os.Stderr
	check(registry.Start())
	go func() { log.Fatal(registry.Wait()) }()

	target, _ := url.Parse("http://127.0.0.1:5001")
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(response *http.Response) error {
		challenge := response.Header.Get("Www-Authenticate")
		if challenge != "" {
			realm := "http://" + response.Request.Host + "/token"
			response.Header.Set("Www-Authenticate", strings.Replace(challenge, "http://realm.invalid/token", realm, 1))
		}
		return nil
	}
	http.Handle("/", proxy)
	http.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { token(w, r, key, certificate) })
	log.Fatal(http.ListenAndServe(":5000", nil))
}

func token(w http.ResponseWriter, r *http.Request, key *ecdsa.PrivateKey, certificate []byte) {
	check(r.ParseForm())
	user, password, _ := r.BasicAuth()
	if r.Method == http.MethodPost { // OAuth2, which buildx uses
		user, password = r.Form.Get("username"), r.Form.Get("password")
	}
	known := user == "lab" || user == "reader"
	if user != "" && (!known || password != os.Getenv("LOGIN_PASSWORD")) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	signed := sign(key, certificate, map[string]any{
		"iss": "lab", "sub": user, "aud": "lab", "jti": time.Now().String(),
		"nbf": time.Now().Add(-time.Minute).Unix(), "iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
		"access": granted(user, r.Form["scope"]),
	})
	w.Header().Set("Content-Type", "application/json")
	check(json.NewEncoder(w).Encode(map[string]any{"token": signed, "access_token": signed, "expires_in": 300}))
}

// As at GHCR a token is always given; it only may do less than was asked for.
func granted(user string, scopes []string) []access {
	list := []access{}
	for _, scope := range strings.Fields(strings.Join(scopes, " ")) {
		parts := strings.SplitN(scope, ":", 3)
		if len(parts) != 3 {
			continue
		}
		actions := []string{}
		for _, action := range strings.Split(parts[2], ",") {
			if user == "lab" || (user == "reader" && action == "pull") {
				actions = append(actions, action)
			}
		}
		list = append(list, access{parts[0], parts[1], actions})
	}
	return list
}

func sign(key *ecdsa.PrivateKey, certificate []byte, claims map[string]any) string {
	header := map[string]any{"typ": "JWT", "alg": "ES256", "x5c": []string{base64.StdEncoding.EncodeToString(certificate)}}
	text := part(header) + "." + part(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	check(err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func part(value any) string {
	text, err := json.Marshal(value)
	check(err)
	return base64.RawURLEncoding.EncodeToString(text)
}

// The registry trusts the certificate in this file, made anew at each start.
func issuer() (*ecdsa.PrivateKey, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	check(err)
	check(os.WriteFile("/issuer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o644))
	return key, certificate
}

func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}
