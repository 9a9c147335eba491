// The usual Go client: net/http over HTTP/2, each body marshalled from a struct, each answer read.
// Prints what bench/run wants of a client: {"requests", "accepted", "seconds"}.
//
//	go-client --url URL --ca FILE --body FILE --requests N --tokens N --in-flight N
//
// The bearer token is in HERALD_BENCH_BEARER. Of the body only the message is taken.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type target struct {
	Token []string `json:"token"`
}

type message struct {
	Payload     json.RawMessage `json:"payload"`
	Target      target          `json:"target"`
	PushOptions json.RawMessage `json:"pushOptions"`
}

type answer struct {
	Code string `json:"code"`
}

type sender struct {
	client *http.Client
	url    string
	bearer string
	form   message // without tokens
	tokens []string
	each   int
}

func newClient(caFile string) (*http.Client, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(caFile + " has no certificate")
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
	}}, nil
}

// Tokens of 115 characters: the request gets its part of them, in turn.
func makeTokens(count int) []string {
	tokens := make([]string, count)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("IQAAAACy0t%0105d", i)
	}
	return tokens
}

func (s *sender) send(number int) error {
	first := number * s.each % len(s.tokens)
	form := s.form
	form.Target.Token = s.tokens[first : first+s.each]
	body, err := json.Marshal(&form)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", s.bearer)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("push-type", "0")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.ProtoMajor != 2 {
		return fmt.Errorf("the answer came over %s", response.Proto)
	}
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var read answer
	if err := json.Unmarshal(said, &read); err != nil {
		return err
	}
	if read.Code != "80000000" {
		return fmt.Errorf("the service answered %d, %s", response.StatusCode, read.Code)
	}
	return nil
}

func (s *sender) sendAll(requests, inFlight int) int64 {
	var next, accepted int64
	var workers sync.WaitGroup
	for w := 0; w < inFlight; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				number := int(atomic.AddInt64(&next, 1)) - 1
				if number >= requests {
					return
				}
				if err := s.send(number); err != nil {
					log.Fatal(err)
				}
				atomic.AddInt64(&accepted, int64(s.each))
			}
		}()
	}
	workers.Wait()
	return accepted
}

func main() {
	url := flag.String("url", "", "where requests go")
	ca := flag.String("ca", "", "certificates to trust, PEM")
	bodyFile := flag.String("body", "", "a request's body, for its message")
	requests := flag.Int("requests", 1000, "how many")
	tokens := flag.Int("tokens", 1000, "of a request")
	inFlight := flag.Int("in-flight", 128, "requests at once")
	flag.Parse()

	body, err := os.ReadFile(*bodyFile)
	if err != nil {
		log.Fatal(err)
	}
	client, err := newClient(*ca)
	if err != nil {
		log.Fatal(err)
	}
	s := &sender{client: client, url: *url, bearer: "Bearer " + os.Getenv("HERALD_BENCH_BEARER"),
		tokens: makeTokens(*tokens * 128), each: *tokens}
	if err := json.Unmarshal(body, &s.form); err != nil {
		log.Fatal(err)
	}
	begun := time.Now()
	accepted := s.sendAll(*requests, *inFlight)
	fmt.Printf("{\"requests\":%d,\"accepted\":%d,\"seconds\":%.4f}\n", *requests, accepted,
		time.Since(begun).Seconds())
}
