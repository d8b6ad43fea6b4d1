package sip

// Refuse makes the server answer new calls with 503 and Retry-After from now
// on; running calls go on and their loops stay. It is the first step of a
// graceful stop: Stop does it too, but closes the loops at its end.
func (s *Server) Refuse() { s.stopping.Store(true) }
