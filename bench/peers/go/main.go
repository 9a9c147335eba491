// The usual Go client: net/http over HTTP/2, each body marshalled from a struct, each answer read.
// Prints what bench/run wants of a client: {"requests", "accepted", "seconds"}.
//
//	go-client --url URL --ca FILE --body FILE --requests N --tokens N --in-flight N [--audience FILE]
//
// The bearer token is in HERALD_BENCH_BEARER. Of the body only the message is taken. Tokens come from the audience,
// a line each, where one is given, as herald's do; else from memory, where they are made before the clock starts.
package main

import (
	"bufio"
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

const readyRequests = 128 // so many requests' tokens are in memory where there is no audience

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

func (s *sender) send(tokens []string) error {
	form := s.form
	form.Target.Token = tokens
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

// Tokens of a request after another, from memory.
func ready(requests, each int, work chan<- []string) {
	tokens := make([]string, each*readyRequests)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("IQAAAACy0t%0105d", i)
	}
	go func() {
		for i := 0; i < requests; i++ {
			first := i % readyRequests * each
			work <- tokens[first : first+each]
		}
		close(work)
	}()
}

// The same from a file of lines.
func read(file string, requests, each int, work chan<- []string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	go func() {
		lines := bufio.NewScanner(in)
		for i := 0; i < requests; i++ {
			tokens := make([]string, 0, each)
			for len(tokens) < each && lines.Scan() {
				tokens = append(tokens, lines.Text())
			}
			if len(tokens) < each {
				log.Fatalf("%s is too short", file)
			}
			work <- tokens
		}
		close(work)
	}()
	return nil
}

func (s *sender) sendAll(work <-chan []string, inFlight int) int64 {
	var accepted int64
	var workers sync.WaitGroup
	for w := 0; w < inFlight; w++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for tokens := range work {
				if err := s.send(tokens); err != nil {
					log.Fatal(err)
				}
				atomic.AddInt64(&accepted, int64(len(tokens)))
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
	audience := flag.String("audience", "", "a file of tokens, a line each")
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
	s := &sender{client: client, url: *url, bearer: "Bearer " + os.Getenv("HERALD_BENCH_BEARER")}
	if err := json.Unmarshal(body, &s.form); err != nil {
		log.Fatal(err)
	}
	work := make(chan []string, *inFlight)
	begun := time.Now()
	if *audience == "" {
		ready(*requests, *tokens, work)
	} else if err := read(*audience, *requests, *tokens, work); err != nil {
		log.Fatal(err)
	}
	accepted := s.sendAll(work, *inFlight)
	fmt.Printf("{\"requests\":%d,\"accepted\":%d,\"seconds\":%.4f}\n", *requests, accepted,
		time.Since(begun).Seconds())
}
