package baresip_test

import (
	"testing"
	"time"

	"sibai/internal/siptest"
	"sibai/test/baresip"
	"sibai/test/parts"
)

func TestAnswersWithAudioBothWays(t *testing.T) {
	t.Parallel()
	parts.Need(t, "baresip")
	const number = "01088886666"
	phone, err := baresip.Start(t.Context(), t.TempDir(), number)
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Stop()
	carrier, err := siptest.NewCarrier("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	out, err := carrier.Dial(t.Context(), siptest.Plan{
		Proxy: phone.Addr(), Number: number, Caller: "13712342286", Talk: 2 * time.Second, Audio: true,
	})
	if err != nil || out.Status != 200 || !out.Acked {
		t.Fatalf("%+v, %v\n%s", out, err, phone.Log())
	}
	phone.Stop()
	heard, err := phone.Heard()
	if err != nil {
		t.Fatal(err)
	}
	// Half of two seconds, each way: a busy machine may start late.
	if out.Audio.Heard < 50 || heard.Caller < 8000 {
		t.Errorf("the caller heard %+v, the phone %+v\n%s", out.Audio, heard, phone.Log())
	}
	t.Logf("the caller heard %+v, the phone %+v", out.Audio, heard)
}

func TestOtherNumbersAreNotAnswered(t *testing.T) {
	t.Parallel()
	parts.Need(t, "baresip")
	phone, err := baresip.Start(t.Context(), t.TempDir(), "01088886666")
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Stop()
	carrier, err := siptest.NewCarrier("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Stop()
	out, err := carrier.Dial(t.Context(), siptest.Plan{Proxy: phone.Addr(), Number: "01099999999", GiveUp: 5 * time.Second})
	if err != nil || out.Answered {
		t.Errorf("%+v, %v", out, err)
	}
	phone.Stop()
	if heard, err := phone.Heard(); err != nil || heard.Samples != 0 {
		t.Errorf("heard %+v, %v without a call", heard, err)
	}
}
