// Package smtpsink is a mail server (RFC 5321) for tests: it takes mails in
// plain or over TLS and keeps them.
package smtpsink

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// Sink is a running server.
type Sink struct {
	Host string
	Port int

	mails  chan *Mail
	mu     sync.Mutex // guards refuse
	refuse string

	starttls *tls.Config // offered (RFC 3207); nil: it is not
}

// Mail is one that was taken.
type Mail struct {
	From, To string
	Data     string // with its header, lines ending in \r\n
	Secure   bool   // it came over TLS
	User     string // who signed in by PLAIN (RFC 4616); empty: nobody
}

// Message reads the mail.
func (m *Mail) Message() (*mail.Message, error) { return mail.ReadMessage(strings.NewReader(m.Data)) }

// Start starts a server that ends with the test and takes mails in plain.
func Start(t *testing.T) *Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, nil)
}

// StartTLS starts one with a certificate: TLS from the first byte (RFC 8314), or
// offered in plain by STARTTLS.
func StartTLS(t *testing.T, cert tls.Certificate, implicit bool) *Sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if implicit {
		return serve(t, tls.NewListener(l, cfg), nil)
	}
	return serve(t, l, cfg)
}

func serve(t *testing.T, l net.Listener, starttls *tls.Config) *Sink {
	at := l.Addr().(*net.TCPAddr)
	s := &Sink{Host: "127.0.0.1", Port: at.Port, mails: make(chan *Mail, 100), starttls: starttls}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			open.Go(func() {
				defer c.Close()
				s.talk(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return s
}

// Refuse has every recipient from now on answered with this line; "" takes them.
func (s *Sink) Refuse(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = line
}

// Mails gives each mail that is taken.
func (s *Sink) Mails() <-chan *Mail { return s.mails }

func (s *Sink) talk(c net.Conn) {
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprint(c, line+"\r\n") }
	say("220 sink")
	var m Mail
	user := ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			switch _, secure := c.(*tls.Conn); {
			case secure:
				say("250-sink\r\n250 AUTH PLAIN")
			case s.starttls != nil:
				say("250-sink\r\n250 STARTTLS")
			default:
				say("250 sink")
			}
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, s.starttls)
			in = bufio.NewReader(c)
		case "AUTH":
			said, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			user = string(said)
			say("235 welcome")
		case "MAIL":
			_, secure := c.(*tls.Conn)
			m = Mail{From: address(rest), Secure: secure, User: user}
			say("250 ok")
		case "RCPT":
			s.mu.Lock()
			no := s.refuse
			s.mu.Unlock()
			if no != "" {
				say(no)
				continue
			}
			m.To = address(rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, "."))
			}
			m.Data = data.String()
			taken := m
			s.mails <- &taken
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// address is what stands in <>.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
